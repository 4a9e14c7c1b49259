"""What a database holds, to be compared: digests, and the rows where they differ."""
import difflib

TABLES = {name: f"SELECT r::text FROM ikewatch.{name} AS r"
          for name in ("device", "tunnel", "near_miss", "transition", "incident", "evidence", "outage", "flap_15m", "flap_daily",
                       "near_miss_15m", "near_miss_daily")}
TABLES["exchange"] = "SELECT r::text FROM (SELECT * FROM ikewatch.exchange UNION ALL SELECT * FROM ikewatch.exchange_outlier) AS r"
# Not in digest(), but a function of the topic all the same; the consumer group is another one each round.
TABLES["dead_letter"] = "SELECT topic, partition, source_offset, reason, detail, record_key, record_value FROM ikewatch.dead_letter"
ROWS_SHOWN = 6


def digest(services, database):
    """{table: (rows, hash)}; dead letters count as content."""
    found = {name: (int(rows), hash_) for name, rows, hash_ in services.sql(database, "SELECT * FROM ikewatch.digest()")}
    rows, hash_ = services.sql(database, "SELECT count(*), md5(coalesce(string_agg(r::text, ',' ORDER BY r::text), '')) "
                                         f"FROM ({TABLES['dead_letter']}) AS r")[0]
    found["dead_letter"] = (int(rows), hash_)
    return found


def rows_of(services, database, table):
    return sorted("|".join(row) for row in services.sql(database, TABLES[table]))


def differences(services, left, right, databases):
    """Lines that say which tables differ, by how many rows, and the first of them."""
    said = []
    for table in left:
        if left[table] == right[table]:
            continue
        said.append(f"{table}: {left[table][0]} rows undisturbed, {right[table][0]} rows disturbed")
        tables = ("incident", "evidence") if table == "incident" else (table,)
        for name in tables:
            diff = difflib.unified_diff(rows_of(services, databases[0], name), rows_of(services, databases[1], name), n=0, lineterm="")
            changed = [line for line in diff if line[0] in "+-" and line[:3] not in ("+++", "---")]
            said.append(f"  {name}: {len(changed)} lines of difference")
            said += ["    " + line[:600] for line in changed[:ROWS_SHOWN]]
    return said
