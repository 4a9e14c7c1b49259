#include "classify/base/log.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* What was written to stderr by the calls between. */
static int saved, pipe_ends[2];
static char written[8192];

static void capture(void)
{
    cr_assert_eq(pipe(pipe_ends), 0);
    saved = dup(STDERR_FILENO);
    dup2(pipe_ends[1], STDERR_FILENO);
    close(pipe_ends[1]);
}

static const char *captured(void)
{
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t n = read(pipe_ends[0], written, sizeof(written) - 1);
    written[n > 0 ? n : 0] = '\0';
    close(pipe_ends[0]);
    return written;
}

Test(log, is_one_line_whatever_it_quotes)
{
    capture();
    log_warn("test.thing", "a=%d detail=%s", 7, log_quote("two\nlines and a \"quote\""));
    const char *line = captured();
    cr_expect_not_null(
        strstr(line, " warn test.thing a=7 detail=\"two lines and a \\\"quote\\\"\"\n"), "%s", line);
    cr_expect_eq(strchr(line, '\n'), line + strlen(line) - 1);
}

Test(log, below_the_threshold_is_silent)
{
    log_init(LOG_LEVEL_WARN);
    capture();
    log_info("test.quiet", "a=%d", 1);
    log_error("test.loud", "a=%d", 2);
    const char *line = captured();
    cr_expect_null(strstr(line, "quiet"));
    cr_expect_not_null(strstr(line, "error test.loud a=2\n"));
}

Test(log, gives_the_journal_a_priority)
{
    setenv("JOURNAL_STREAM", "8:1", 1);
    log_init(LOG_LEVEL_INFO);
    capture();
    log_error("test.thing", "a=%d", 2);
    cr_expect_str_eq(captured(), "<3>test.thing a=2\n");
}

Test(log, cuts_what_is_too_long)
{
    static char text[5000];
    memset(text, 'x', sizeof(text) - 1);
    capture();
    log_error("test.long", "detail=%s", text);
    const char *line = captured();
    cr_expect_lt(strlen(line), 2100);
    cr_expect_eq(line[strlen(line) - 1], '\n');
}
