-- The same fields as the others', no index, no key.
CREATE TABLE line (serial bigint, stamp text, host text, program text, message text);
