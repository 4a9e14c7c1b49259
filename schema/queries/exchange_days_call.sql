-- exchange_days_call: make day partitions; days are counted since 1970-01-01. See functions/exchange_days.sql.
--
-- In      $1 days, $2 oldest and $3 newest day of the retention
-- Out     those of the days that have a partition
SELECT d - date '1970-01-01'
  FROM ikewatch.exchange_days(ARRAY(SELECT date '1970-01-01' + n FROM unnest($1::integer[]) AS n),
                              date '1970-01-01' + $2::integer, date '1970-01-01' + $3::integer) AS d
