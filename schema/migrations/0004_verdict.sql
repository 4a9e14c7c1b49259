-- 0004_verdict: what became of the tunnels: transitions, incidents with their evidence, outages.
--
-- A transition is a moment: the tunnel went up or down. An outage is the time between a down and the next up. An incident is the verdict:
-- symptom, cause, who is to blame, with the lines that prove it; a symptom that changes stays one incident with a history.
-- A tunnel that never was up has an incident and no outage. Rows are upserted as later lines change them.
CREATE TABLE ikewatch.transition (
    device_id     bigint NOT NULL,
    tunnel_id     bigint NOT NULL,
    at            timestamptz NOT NULL,
    transition_id bigint NOT NULL,
    state         ikewatch.tunnel_state NOT NULL,
    source        text,
    time_quality  ikewatch.time_quality,
    incident_id   bigint,
    PRIMARY KEY (device_id, transition_id)
);
CREATE INDEX transition_at_idx ON ikewatch.transition (at);
CREATE INDEX transition_tunnel_idx ON ikewatch.transition (device_id, tunnel_id, at);
COMMENT ON TABLE ikewatch.transition IS 'Moments at which a tunnel went up or down';
COMMENT ON COLUMN ikewatch.transition.device_id IS 'Whose tunnel';
COMMENT ON COLUMN ikewatch.transition.tunnel_id IS 'Which tunnel';
COMMENT ON COLUMN ikewatch.transition.at IS 'By the device''s clock';
COMMENT ON COLUMN ikewatch.transition.transition_id IS 'Hash of the tunnel and of the position of the deciding line';
COMMENT ON COLUMN ikewatch.transition.state IS 'up or down';
COMMENT ON COLUMN ikewatch.transition.source IS 'Who said so: ftmd or charon';
COMMENT ON COLUMN ikewatch.transition.time_quality IS 'How far `at` can be trusted';
COMMENT ON COLUMN ikewatch.transition.incident_id IS 'Of a down: the incident it belongs to';

CREATE TABLE ikewatch.incident (
    device_id         bigint NOT NULL,
    incident_id       bigint NOT NULL,
    tunnel_id         bigint NOT NULL,
    symptom           ikewatch.symptom NOT NULL,
    cause             text,
    blocker           text,
    side              ikewatch.side,
    confidence        ikewatch.confidence,
    alternatives      text[],
    defect            text,
    defect_confidence ikewatch.confidence,
    began             timestamptz NOT NULL,
    onset_earliest    timestamptz,
    onset_latest      timestamptz,
    declared          timestamptz,
    ended             timestamptz,
    predicted_down    timestamptz,
    proposal_diff     jsonb,
    history           jsonb,
    evidence_count    integer,
    PRIMARY KEY (device_id, incident_id)
);
CREATE INDEX incident_id_idx ON ikewatch.incident (incident_id);
CREATE INDEX incident_tunnel_idx ON ikewatch.incident (device_id, tunnel_id, began);
CREATE INDEX incident_began_idx ON ikewatch.incident (began);
CREATE INDEX incident_open_idx ON ikewatch.incident (began) WHERE ended IS NULL;
COMMENT ON TABLE ikewatch.incident IS 'Verdicts: what failed, why, whose side, since when';
COMMENT ON COLUMN ikewatch.incident.device_id IS 'Whose tunnel';
COMMENT ON COLUMN ikewatch.incident.incident_id IS 'Hash of the tunnel and of the position of the record that opened it';
COMMENT ON COLUMN ikewatch.incident.tunnel_id IS 'Which tunnel';
COMMENT ON COLUMN ikewatch.incident.symptom IS 'not-established, flap or down';
COMMENT ON COLUMN ikewatch.incident.cause IS 'Why it went down or never came up: a slug of the cause catalogue';
COMMENT ON COLUMN ikewatch.incident.blocker IS 'What refuses it now, if that differs from the cause';
COMMENT ON COLUMN ikewatch.incident.side IS 'Whose side the cause lies on';
COMMENT ON COLUMN ikewatch.incident.confidence IS 'How well the lines support the cause';
COMMENT ON COLUMN ikewatch.incident.alternatives IS 'Causes that the log cannot tell from this one';
COMMENT ON COLUMN ikewatch.incident.defect IS 'Id of a known defect whose pattern fits';
COMMENT ON COLUMN ikewatch.incident.defect_confidence IS 'How well it fits';
COMMENT ON COLUMN ikewatch.incident.began IS 'Declared down, else the first failing attempt';
COMMENT ON COLUMN ikewatch.incident.onset_earliest IS 'Last proof of life before it';
COMMENT ON COLUMN ikewatch.incident.onset_latest IS 'First unanswered request';
COMMENT ON COLUMN ikewatch.incident.declared IS 'When FTMD declared the tunnel down';
COMMENT ON COLUMN ikewatch.incident.ended IS 'Up again; NULL: open';
COMMENT ON COLUMN ikewatch.incident.predicted_down IS 'When the retransmission schedule gives up, said before it does';
COMMENT ON COLUMN ikewatch.incident.proposal_diff IS 'received, configured, only_received, only_configured, fix';
COMMENT ON COLUMN ikewatch.incident.history IS 'Changes of symptom, cause and confidence in order';
COMMENT ON COLUMN ikewatch.incident.evidence_count IS 'Rows in evidence';

CREATE TABLE ikewatch.evidence (
    device_id     bigint NOT NULL,
    incident_id   bigint NOT NULL,
    ordinal       integer NOT NULL,
    at            timestamptz,
    role          text,
    text          text,
    sha256        bytea,
    source_offset bigint,
    PRIMARY KEY (device_id, incident_id, ordinal)
);
COMMENT ON TABLE ikewatch.evidence IS 'The lines that prove an incident''s cause, at most 32';
COMMENT ON COLUMN ikewatch.evidence.device_id IS 'As in incident';
COMMENT ON COLUMN ikewatch.evidence.incident_id IS 'As in incident';
COMMENT ON COLUMN ikewatch.evidence.ordinal IS '1.. in order of time';
COMMENT ON COLUMN ikewatch.evidence.at IS 'By the device''s clock';
COMMENT ON COLUMN ikewatch.evidence.role IS 'What the line proves: last-proof, first-unanswered, retransmission, give-up, refusal, …';
COMMENT ON COLUMN ikewatch.evidence.text IS 'The line, bad bytes and NUL as U+FFFD';
COMMENT ON COLUMN ikewatch.evidence.sha256 IS 'Over the raw bytes of the line';
COMMENT ON COLUMN ikewatch.evidence.source_offset IS 'Offset of the record in its partition';

CREATE TABLE ikewatch.outage (
    device_id     bigint NOT NULL,
    outage_id     bigint NOT NULL,
    tunnel_id     bigint NOT NULL,
    incident_id   bigint,
    down_at       timestamptz NOT NULL,
    up_at         timestamptz,
    blackout_from timestamptz,
    cause         text,
    symptom       ikewatch.symptom,
    PRIMARY KEY (device_id, outage_id)
);
CREATE INDEX outage_tunnel_idx ON ikewatch.outage (device_id, tunnel_id, greatest(down_at, up_at)); -- an open one stands at its beginning
CREATE INDEX outage_down_idx ON ikewatch.outage (down_at);
CREATE INDEX outage_up_idx ON ikewatch.outage (up_at);
COMMENT ON TABLE ikewatch.outage IS 'Times during which a tunnel was down: the facts that the rollups are computed from';
COMMENT ON COLUMN ikewatch.outage.device_id IS 'Whose tunnel';
COMMENT ON COLUMN ikewatch.outage.outage_id IS 'Hash of the tunnel and of the position of the record that showed the down';
COMMENT ON COLUMN ikewatch.outage.tunnel_id IS 'Which tunnel';
COMMENT ON COLUMN ikewatch.outage.incident_id IS 'The verdict on it';
COMMENT ON COLUMN ikewatch.outage.down_at IS 'Declared down';
COMMENT ON COLUMN ikewatch.outage.up_at IS 'Up again; NULL: still down';
COMMENT ON COLUMN ikewatch.outage.blackout_from IS 'First unanswered request before it, never after down_at; NULL: as down_at';
COMMENT ON COLUMN ikewatch.outage.cause IS 'As in incident';
COMMENT ON COLUMN ikewatch.outage.symptom IS 'As in incident';
