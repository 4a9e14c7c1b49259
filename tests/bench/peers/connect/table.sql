-- Kafka Connect has no parser of lines: the whole line is a row, no index, no key.
CREATE TABLE line (line text);
