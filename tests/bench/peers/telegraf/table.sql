-- As Telegraf would make it, plus nothing: no index, no key. `time` is the metric's.
CREATE TABLE line (time timestamp, serial text, stamp text, host text, program text, message text);
