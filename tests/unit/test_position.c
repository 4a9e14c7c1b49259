#include "schema/flush.h"
#include "tests/sql/database.h"
#include "tests/sql/session.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

Test(position, a_former_owner_is_fenced_and_writes_nothing)
{
    struct session former, owner;
    size_t moved;

    session_open(&former, database_with_schema("flush_fenced"));
    char *uri = strdup(database_text(former.pg, "SELECT current_database()"));
    char full[512];
    const char *server = getenv("IKEWATCH_TEST_DATABASE");
    snprintf(full, sizeof(full), "%.*s/%s", (int)(strrchr(server, '/') - server), server, uri);
    free(uri);
    session_open(&owner, database_open(full));
    cr_assert_eq(owner.claim.epoch, former.claim.epoch + 1);
    char *before = database_digest(owner.pg);
    add_incident(&former, 5);
    cr_assert_eq(session_flush(&former), ERR_FENCED);
    char *after = database_digest(owner.pg);
    cr_assert_str_eq(after, before);
    cr_assert_eq(partition_heartbeat(former.pg, &session_key, former.claim.epoch, 9, &moved), ERR_FENCED);
    cr_assert_eq(partition_release(former.pg, &session_key, former.claim.epoch), 0);
    cr_assert_str_eq(database_text(owner.pg, "SELECT owner FROM ikewatch.position"), "host:1:a");
    add_incident(&owner, 5);
    cr_assert_eq(session_flush(&owner), 0, "the owner goes on");
    free(before);
    free(after);
    session_close(&former);
    session_close(&owner);
}

Test(position, a_stopped_owner_is_evicted)
{
    struct session zombie;
    struct claim claim;
    char full[512];
    const char *server = getenv("IKEWATCH_TEST_DATABASE");

    session_open(&zombie, database_with_schema("flush_evict"));
    snprintf(full, sizeof(full), "%.*s/flush_evict", (int)(strrchr(server, '/') - server), server);
    cr_assert_eq(pg_script(zombie.pg, "hold", "BEGIN; SELECT FROM ikewatch.position FOR UPDATE"), 0);
    struct pg *pg = database_open(full);
    cr_assert_eq(partition_claim(pg, &session_key, "host:2:b", &claim), 0);
    cr_assert_eq(claim.epoch, zombie.claim.epoch + 1);
    cr_assert_eq(pg_script(zombie.pg, "late", "COMMIT"), ERR_DBCONN);
    pg_close(pg);
    session_close(&zombie);
}

static void *flush_in_thread(void *session)
{
    return (void *)(intptr_t)session_flush(session);
}

static void wait_for_lock(struct pg *pg, const char *sql)
{
    for (int i = 0; database_number(pg, sql) == 0; i++) {
        cr_assert_lt(i, 5000, "the flush does not reach its rows");
        usleep(1000);
    }
}

/* A stranger holds the key of its row, so that its COPY stands still as that of a stopped process does. */
Test(position, an_owner_stopped_amid_its_rows_is_evicted)
{
    struct session zombie;
    struct claim claim;
    char full[512];
    const char *server = getenv("IKEWATCH_TEST_DATABASE");
    pthread_t thread;
    void *rc;

    session_open(&zombie, database_with_schema("flush_amid"));
    snprintf(full, sizeof(full), "%.*s/flush_amid", (int)(strrchr(server, '/') - server), server);
    struct pg *stranger = database_open(full), *pg = database_open(full);
    add_exchange(&zombie, 1, noon);
    cr_assert_eq(session_flush(&zombie), 0);
    pg_close(zombie.pg);
    zombie.pg = database_open(full); /* the row names the connection before */
    cr_assert_eq(pg_script(stranger, "hold", "BEGIN; UPDATE ikewatch.exchange SET exchange_id = 2"), 0);
    add_exchange(&zombie, 2, noon);
    cr_assert_eq(pthread_create(&thread, NULL, flush_in_thread, &zombie), 0);
    wait_for_lock(pg, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                      "wait_event_type = 'Lock' AND query LIKE 'COPY ikewatch.exchange %'");
    cr_assert_eq(partition_claim(pg, &session_key, "host:2:b", &claim), 0);
    cr_assert_eq(claim.epoch, zombie.claim.epoch + 1);
    pthread_join(thread, &rc);
    cr_assert_eq((intptr_t)rc, ERR_DBCONN);
    pg_close(zombie.pg);
    zombie.pg = database_open(full);
    cr_assert_eq(session_flush(&zombie), ERR_FENCED, "before it writes a row that others wait for");
    pg_close(stranger);
    pg_close(pg);
    session_close(&zombie);
}

Test(position, partitions_are_announced_claimed_touched_released)
{
    struct session s;
    size_t moved;

    session_open(&s, database_with_schema("flush_claims"));
    cr_assert_eq(partition_announce(s.pg, "g", "t", 8), 0);
    cr_assert_eq(
        database_number(s.pg, "SELECT count(*) FROM ikewatch.position WHERE owner IS NULL AND position = 0"),
        7);
    cr_assert_eq(
        database_number(s.pg, "SELECT count(*) FROM ikewatch.position WHERE backend_pid = pg_backend_pid()"),
        1);
    cr_assert_eq(partition_heartbeat(s.pg, &session_key, s.claim.epoch, 4711, &moved), 0);
    cr_assert_eq(moved, 0);
    cr_assert_eq(database_number(s.pg, "SELECT end_offset FROM ikewatch.position WHERE partition = 3"), 4711);
    cr_assert_eq(partition_gap(s.pg, &session_key, 0, 10, "deleted by retention"), 0);
    cr_assert_eq(partition_gap(s.pg, &session_key, 0, 10, "deleted by retention"), 0);
    cr_assert_eq(database_number(s.pg, "SELECT count(*) FROM ikewatch.gap"), 1);
    cr_assert_eq(partition_release(s.pg, &session_key, s.claim.epoch), 0);
    cr_assert_eq(database_number(s.pg, "SELECT count(*) FROM ikewatch.position WHERE owner IS NULL"), 8);
    session_close(&s);
}
