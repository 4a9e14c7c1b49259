-- 0003_exchange: IKE exchanges, partitioned by the UTC day of the request.
--
-- A day's table is exchange_YYYYMMDD, made by ikewatch.exchange_days() before the first row of the day and dropped as a whole. There is no
-- default partition: rows of days outside the retention go to exchange_outlier, so that one device with a broken clock
-- cannot make thousands of tables. Every question about exchanges carries its range of `requested`.
-- The key begins with device and time: rows of a device arrive in its order, and a device's or a tunnel's time range is read by it.
-- A range of the whole fleet is read by the BRIN index: rows lie about in order of time, and it costs nearly nothing a row.
-- A fleet writes more of these rows than of all others together, and nearly all are probes with empty lists of payloads: words are kept as
-- codes, lists as one text, and the columns stand in order of their alignment. every_exchange (0007) has the words and the lists.
-- near_miss keeps the few exchanges that were answered late beyond the retention of the rest; its rollup is counted from it.
CREATE TABLE ikewatch.exchange (
    device_id      bigint NOT NULL,
    exchange_id    bigint NOT NULL,
    tunnel_id      bigint,
    requested      timestamptz NOT NULL,
    answered       timestamptz,
    ike_sa         bigint,
    message_id     bigint,
    daemon_run     integer,
    retransmits    integer,
    request_bytes  integer,
    response_bytes integer,
    exchange       smallint,
    direction      "char",
    outcome        "char" NOT NULL,
    near_miss      boolean NOT NULL,
    request        text,
    response       text,
    PRIMARY KEY (device_id, requested, exchange_id)
) PARTITION BY RANGE (requested);
CREATE INDEX exchange_requested_idx ON ikewatch.exchange USING brin (requested) WITH (pages_per_range = 16, autosummarize = on);
COMMENT ON TABLE ikewatch.exchange IS 'IKE exchanges: a request, its retransmissions and its response; partitioned by day of the request';
COMMENT ON COLUMN ikewatch.exchange.device_id IS 'The device whose log shows it';
COMMENT ON COLUMN ikewatch.exchange.exchange_id IS 'Hash of the device and of the position of the line that opened it';
COMMENT ON COLUMN ikewatch.exchange.tunnel_id IS 'NULL: not bound to a tunnel';
COMMENT ON COLUMN ikewatch.exchange.requested IS 'First transmission or arrival of the request; never changes';
COMMENT ON COLUMN ikewatch.exchange.answered IS 'NULL: not';
COMMENT ON COLUMN ikewatch.exchange.ike_sa IS 'charon''s unique id of the IKE_SA';
COMMENT ON COLUMN ikewatch.exchange.daemon_run IS 'Which start of charon the unique id is of: it counts from 1 again after each; 1: the first that the log shows';
COMMENT ON COLUMN ikewatch.exchange.direction IS 'o: out, the device sent the request; i: in';
COMMENT ON COLUMN ikewatch.exchange.exchange IS 'Number of the exchange type in the header (RFC 7296 3.1, RFC 2408 3.1): 34 IKE_SA_INIT, 37 INFORMATIONAL; NULL: not known';
COMMENT ON COLUMN ikewatch.exchange.message_id IS 'RFC 7296 2.2';
COMMENT ON COLUMN ikewatch.exchange.retransmits IS 'Of the request';
COMMENT ON COLUMN ikewatch.exchange.request IS 'Payloads as charon prints them, one a line: SA, N(NO_PROP); empty: none; NULL: no request seen';
COMMENT ON COLUMN ikewatch.exchange.response IS 'Payloads of the response, in the same way; NULL: none seen';
COMMENT ON COLUMN ikewatch.exchange.request_bytes IS 'Size of the request''s datagram';
COMMENT ON COLUMN ikewatch.exchange.response_bytes IS 'Size of the response''s datagram';
COMMENT ON COLUMN ikewatch.exchange.outcome IS 'How it ended: p pending, a answered, r refused, u unanswered, b abandoned';
COMMENT ON COLUMN ikewatch.exchange.near_miss IS 'Of an established SA and answered only after retransmissions';

CREATE TABLE ikewatch.exchange_outlier (LIKE ikewatch.exchange INCLUDING ALL);
COMMENT ON TABLE ikewatch.exchange_outlier IS 'Exchanges of days outside the retention when they were stored: replayed history, broken clocks';

CREATE TABLE ikewatch.near_miss (
    device_id   bigint NOT NULL,
    exchange_id bigint NOT NULL,
    tunnel_id   bigint NOT NULL,
    requested   timestamptz NOT NULL,
    PRIMARY KEY (device_id, exchange_id)
);
CREATE INDEX near_miss_tunnel_idx ON ikewatch.near_miss (device_id, tunnel_id, requested);
COMMENT ON TABLE ikewatch.near_miss IS 'Exchanges of an established SA that were answered only after retransmissions; from exchange.near_miss';
COMMENT ON COLUMN ikewatch.near_miss.device_id IS 'As in exchange';
COMMENT ON COLUMN ikewatch.near_miss.exchange_id IS 'As in exchange';
COMMENT ON COLUMN ikewatch.near_miss.tunnel_id IS 'As in exchange; those bound to no tunnel are not kept here';
COMMENT ON COLUMN ikewatch.near_miss.requested IS 'As in exchange';
