#include "classify/base/err.h"
#include "classify/base/settings.h"
#include "classify/base/settings_value.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct room {
    char *brokers, *secret, *list;
    uint64_t workers, bytes;
    int64_t wait_ms;
    bool strict;
    int mode;
} room, other;

static const struct setting rows[] = {
    {.section = "kafka",
        .key = "brokers",
        .type = SETTING_TEXT,
        .offset = offsetof(struct room, brokers),
        .flag = 'b',
        .flag_name = "brokers",
        .fallback = "127.0.0.1:9092",
        .help = "where"},
    {.section = "kafka",
        .key = "property",
        .type = SETTING_LIST,
        .offset = offsetof(struct room, list),
        .flag = 'X',
        .help = "more"},
    {.section = "api",
        .key = "token",
        .type = SETTING_SECRET,
        .offset = offsetof(struct room, secret),
        .help = "who"},
    {.section = "ingest",
        .key = "workers",
        .type = SETTING_UINT,
        .offset = offsetof(struct room, workers),
        .fallback = "2",
        .min = "1",
        .max = "64",
        .help = "threads"},
    {.section = "ingest",
        .key = "memory",
        .type = SETTING_BYTES,
        .offset = offsetof(struct room, bytes),
        .fallback = "256M",
        .min = "1M",
        .help = "memory"},
    {.section = "ingest",
        .key = "wait",
        .type = SETTING_DURATION,
        .offset = offsetof(struct room, wait_ms),
        .fallback = "15m",
        .max = "24h",
        .help = "patience"},
    {.section = "ingest",
        .key = "strict",
        .type = SETTING_BOOL,
        .offset = offsetof(struct room, strict),
        .fallback = "no",
        .help = "whether"},
    {.section = "ingest",
        .key = "mode",
        .type = SETTING_ENUM,
        .offset = offsetof(struct room, mode),
        .fallback = "slow",
        .choices = "fast slow",
        .help = "how"},
};
static const struct setting other_rows[] = {
    {.section = "kafka",
        .key = "brokers",
        .type = SETTING_TEXT,
        .offset = offsetof(struct room, brokers),
        .flag = 'b',
        .flag_name = "brokers",
        .help = "where"},
};
static const struct setting unused_rows[] = {
    {.section = "smtp", .key = "relay", .type = SETTING_TEXT, .offset = 0, .help = "of another verb"},
};
static const struct settings_table tables[] = {
    {rows, sizeof(rows) / sizeof(rows[0]), &room}, {other_rows, 1, &other}};
static const struct settings_table unused_table = {unused_rows, 1, NULL};
static const struct settings_table *const all[] = {&tables[0], &tables[1], &unused_table};

static char dir[64], err_path[96], conf[96];

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    cr_assert_not_null(f);
    fputs(text, f);
    fclose(f);
}

static void set_up(void)
{
    snprintf(dir, sizeof(dir), "/tmp/ikewatch-test-settings-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    cr_assert_eq(chdir(dir), 0);
    snprintf(err_path, sizeof(err_path), "%s/stderr", dir);
    snprintf(conf, sizeof(conf), "%s/ikewatch.conf", dir);
    write_file(conf, "");
    setenv("IKEWATCH_CONF", conf, 1);
    settings_known(all, 3);
    cr_assert_not_null(freopen(err_path, "w", stderr));
}

static void tear_down(void)
{
    settings_free(tables, 2);
    unlink("conf.d/10-a.conf");
    unlink("conf.d/20-b.conf");
    unlink("conf.d/ignored.txt");
    rmdir("conf.d");
    unlink("token");
    unlink("stdout");
    unlink(conf);
    unlink(err_path);
    cr_expect_eq(rmdir(dir), 0);
}

TestSuite(settings, .init = set_up, .fini = tear_down);

static int load(int argc, char **argv)
{
    int rest;
    return settings_load("test FILE", "Tests.", tables, 2, argc, argv, &rest);
}

/* What was said on stderr. */
static const char *said(void)
{
    static char text[4096];
    fflush(stderr);
    FILE *f = fopen(err_path, "r");
    size_t n = fread(text, 1, sizeof(text) - 1, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

#define SAID(text) cr_expect_not_null(strstr(said(), text), "%s", said())

Test(settings, defaults_are_filled)
{
    cr_assert_eq(load(1, (char *[]){"test", NULL}), 0);
    cr_expect_str_eq(room.brokers, "127.0.0.1:9092");
    cr_expect_null(room.secret);
    cr_expect_eq(room.workers, 2);
    cr_expect_eq(room.bytes, 256u << 20);
    cr_expect_eq(room.wait_ms, 900000);
    cr_expect_not(room.strict);
    cr_expect_eq(room.mode, 1);
}

Test(settings, flags_beat_environment_beats_file)
{
    write_file(conf, "[ingest]\nworkers = 3\nwait = 3s\nmode = fast\n");
    setenv("IKEWATCH_INGEST_WORKERS", "4", 1);
    setenv("IKEWATCH_INGEST_WAIT", "4s", 1);
    cr_assert_eq(load(3, (char *[]){"test", "--ingest-workers", "5", NULL}), 0);
    cr_expect_eq(room.workers, 5);
    cr_expect_eq(room.wait_ms, 4000);
    cr_expect_eq(room.mode, 0);
}

Test(settings, a_setting_of_two_rooms_fills_both)
{
    cr_assert_eq(load(3, (char *[]){"test", "-b", "k:1", NULL}), 0);
    cr_expect_str_eq(room.brokers, "k:1");
    cr_expect_str_eq(other.brokers, "k:1");
}

Test(settings, conf_d_is_read_in_order_of_name)
{
    cr_assert_eq(mkdir("conf.d", 0700), 0);
    write_file(conf, "[ingest]\nworkers = 3\nwait = 3s\n");
    write_file("conf.d/20-b.conf", "[ingest]\nworkers = 8\n");
    write_file("conf.d/10-a.conf", "[ingest]\nworkers = 7\nwait = 7s\n");
    write_file("conf.d/ignored.txt", "nonsense");
    cr_assert_eq(load(1, (char *[]){"test", NULL}), 0);
    cr_expect_eq(room.workers, 8);
    cr_expect_eq(room.wait_ms, 7000);
}

Test(settings, a_list_grows_by_flag_and_by_file)
{
    write_file(conf, "[kafka]\nproperty = a=1\nproperty = b=2 ; no comment\n");
    cr_assert_eq(load(1, (char *[]){"test", NULL}), 0);
    cr_expect_str_eq(room.list, "a=1\nb=2 ; no comment");
    cr_assert_eq(load(4, (char *[]){"test", "-Xc=3", "-X", "d=4", NULL}), 0);
    cr_expect_str_eq(room.list, "c=3\nd=4");
}

Test(settings, a_value_may_be_long)
{
    static char text[3000];
    size_t n = (size_t)snprintf(text, sizeof(text), "[kafka]\nbrokers = ");
    memset(text + n, 'x', 2000);
    snprintf(text + n + 2000, sizeof(text) - n - 2000, "\n[ingest]\nworkers = many\n");
    write_file(conf, text);
    cr_expect_eq(load(1, (char *[]){"test", NULL}), ERR_CONFIG);
    cr_expect_eq(strlen(room.brokers), 2000);
    SAID("ikewatch.conf:4: \"many\"");
}

Test(settings, arguments_are_left_over)
{
    int rest;
    char *argv[] = {"test", "one", "--ingest-workers=9", "--ingest-strict", "two", NULL};
    cr_assert_eq(settings_load("test", "Tests.", tables, 2, 5, argv, &rest), 0);
    cr_expect_eq(room.workers, 9);
    cr_expect(room.strict);
    cr_expect_eq(rest, 3);
    cr_expect_str_eq(argv[3], "one");
    cr_expect_str_eq(argv[4], "two");
}

Test(settings, an_error_names_file_line_value_and_what_is_allowed)
{
    write_file(conf, "# a comment\n[ingest]\nworkers = 3\nwait = 25h\nmemory = 12 apples\n");
    cr_expect_eq(load(1, (char *[]){"test", NULL}), ERR_CONFIG);
    SAID("ikewatch.conf:4: \"25h\" is no value for [ingest] wait; allowed: a duration");
    SAID("at most 24h");
    SAID("ikewatch.conf:5: \"12 apples\"");
}

Test(settings, an_unknown_key_is_an_error_and_a_near_one_suggested)
{
    write_file(conf, "[ingest]\nworker = 3\n[kafak]\nbrokers = a\n[ingest]\nzzzzzzz = 1\n");
    cr_expect_eq(load(1, (char *[]){"test", NULL}), ERR_CONFIG);
    SAID("ikewatch.conf:2: unknown key \"worker\" in [ingest]; did you mean \"workers\"?");
    SAID("ikewatch.conf:4: unknown section [kafak]; did you mean [kafka]?");
    SAID("ikewatch.conf:6: unknown key \"zzzzzzz\" in [ingest]; `ikewatch config`");
}

Test(settings, a_line_that_is_none_is_an_error)
{
    write_file(conf, "[ingest]\nworkers = 3\nnonsense\n");
    cr_expect_eq(load(1, (char *[]){"test", NULL}), ERR_CONFIG);
    SAID("ikewatch.conf:3: neither [section] nor key = value");
}

Test(settings, a_setting_of_another_verb_is_no_error)
{
    write_file(conf, "[smtp]\nrelay = a\n");
    setenv("IKEWATCH_SMTP_RELAY", "b", 1);
    cr_expect_eq(load(1, (char *[]){"test", NULL}), 0);
    cr_expect_str_empty(said());
}

Test(settings, an_unknown_variable_is_said)
{
    setenv("IKEWATCH_INGEST_WORKRES", "3", 1);
    cr_expect_eq(load(1, (char *[]){"test", NULL}), 0);
    SAID("IKEWATCH_INGEST_WORKRES is no setting, did you mean IKEWATCH_INGEST_WORKERS");
}

Test(settings, a_missing_file_is_an_error_when_it_was_named)
{
    cr_expect_eq(load(3, (char *[]){"test", "-c", "nowhere.conf", NULL}), ERR_CONFIG);
    SAID("cannot read nowhere.conf: No such file");
}

Test(settings, wrong_flags_are_usage_errors)
{
    cr_expect_eq(load(2, (char *[]){"test", "--ingest-workrs=1", NULL}), ERR_USAGE);
    cr_expect_eq(load(2, (char *[]){"test", "-q", NULL}), ERR_USAGE);
    cr_expect_eq(load(2, (char *[]){"test", "--brokers", NULL}), ERR_USAGE);
    cr_expect_eq(load(2, (char *[]){"test", "--ingest-mode=warp", NULL}), ERR_USAGE);
    SAID("unknown option --ingest-workrs; did you mean --ingest-workers?");
    SAID("unknown option -q");
    SAID("--brokers needs a value");
    SAID("--ingest-mode: \"warp\" is no value for [ingest] mode; allowed: one of: fast slow");
}

Test(settings, a_secret_comes_from_its_file_and_not_from_the_command_line)
{
    write_file("token", "s3cret\n");
    write_file(conf, "[api]\ntoken_file = token\n");
    cr_assert_eq(load(1, (char *[]){"test", NULL}), 0);
    cr_expect_str_eq(room.secret, "s3cret");
    cr_expect_eq(load(3, (char *[]){"test", "--api-token", "s3cret", NULL}), ERR_USAGE);
    SAID("use --api-token-file PATH");
    cr_expect_eq(load(3, (char *[]){"test", "--api-token-file", "token", NULL}), 0);
    cr_expect_eq(load(2, (char *[]){"test", "--api-token=s3cret", NULL}), ERR_USAGE);
    setenv("IKEWATCH_API_TOKEN_FILE", "nowhere", 1);
    cr_expect_eq(load(1, (char *[]){"test", NULL}), ERR_CONFIG);
    SAID("IKEWATCH_API_TOKEN_FILE: cannot read the secret in nowhere: No such file");
}

static const char *printed(void (*print)(const struct settings_table *, size_t))
{
    static char text[8192];
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    cr_assert_not_null(freopen("stdout", "w", stdout));
    print(tables, 2);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    FILE *f = fopen("stdout", "r");
    size_t n = fread(text, 1, sizeof(text) - 1, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

Test(settings, effective_values_can_be_read_again_and_hide_secrets)
{
    write_file(conf, "[api]\ntoken = s3cret\n[kafka]\nproperty = a=1\nproperty = b=2\n");
    cr_assert_eq(load(3, (char *[]){"test", "--brokers", "postgresql://u:pw@h/db", NULL}), 0);
    const char *text = printed(settings_print_effective);
    cr_expect_null(strstr(text, "s3cret"));
    cr_expect_not_null(strstr(text, "token = ***\n"), "%s", text);
    cr_expect_not_null(strstr(text, "# --brokers\nbrokers = postgresql://u:***@h/db\n"), "%s", text);
    cr_expect_not_null(strstr(text, "property = a=1\n    b=2\n"), "%s", text);
    cr_expect_not_null(strstr(text, "[ingest]\n# default\nworkers = 2\n"), "%s", text);
    cr_expect_not_null(strstr(text, "wait = 15m\n"));
    cr_expect_not_null(strstr(text, "memory = 256M\n"));
}

Test(settings, the_page_names_every_form_of_a_setting)
{
    const char *text = printed(settings_print_markdown);
    cr_expect_not_null(strstr(text, "| `brokers` | 127.0.0.1:9092 | a text | `-b` `--brokers` | "
                                    "`IKEWATCH_KAFKA_BROKERS` | where |"),
        "%s", text);
    cr_expect_not_null(strstr(text, "`--api-token-file`"));
}

Test(settings, durations_and_sizes_have_units)
{
    int64_t ms;
    uint64_t bytes;
    cr_expect(setting_duration("250ms", &ms) && ms == 250);
    cr_expect(setting_duration("400d", &ms) && ms == INT64_C(34560000000));
    cr_expect(setting_duration("0", &ms) && ms == 0);
    cr_expect_not(setting_duration("15", &ms));
    cr_expect_not(setting_duration("-1s", &ms));
    cr_expect_not(setting_duration("999999999999999999d", &ms));
    cr_expect(setting_bytes("64k", &bytes) && bytes == 65536);
    cr_expect(setting_bytes("512", &bytes) && bytes == 512);
    cr_expect_not(setting_bytes("2GB", &bytes));
}
