#include "ingest/file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

/* What was read, a line as NUMBER:NAME:NUMBER_IN_FILE:TEXT| */
static char dir[64], seen[4096];
static size_t longest, cut_lines;

static void set_up(void)
{
    snprintf(dir, sizeof(dir), "/tmp/ikewatch-test-file-XXXXXX");
    cr_assert_not_null(mkdtemp(dir));
    cr_assert_eq(chdir(dir), 0);
}

static void tear_down(void)
{
    static const char *const names[] = {
        "messages", "messages.1", "messages.2.gz", "messages.10", "other", "cut.gz"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unlink(names[i]);
    cr_expect_eq(rmdir(dir), 0);
}

TestSuite(file, .init = set_up, .fini = tear_down);

static void write_file(const char *name, const char *bytes, size_t len)
{
    FILE *f = fopen(name, "w");
    cr_assert_not_null(f);
    fwrite(bytes, 1, len, f);
    fclose(f);
}

static void write_gz(const char *name, const char *bytes, size_t len)
{
    gzFile f = gzopen(name, "w");
    cr_assert_not_null(f);
    gzwrite(f, bytes, (unsigned)len);
    gzclose(f);
}

static int note(void *ctx, const struct file_line *line)
{
    int *stop_after = ctx;
    size_t used = strlen(seen);
    longest = line->text.len > longest ? line->text.len : longest;
    cut_lines += line->cut;
    cr_expect_gt(line->file_time_ms, 0);
    snprintf(seen + used, sizeof(seen) - used, "%lld:%s:%lld:%.*s|", (long long)line->number, line->file,
        (long long)line->number_in_file, line->text.len > 100 ? 3 : (int)line->text.len, line->text.ptr);
    return stop_after && line->number >= *stop_after ? 42 : 0;
}

Test(file, reads_a_rotated_set_oldest_first)
{
    char *names[] = {"messages", "messages.1", "other", "messages.10", "messages.2.gz", "messages"};
    write_file("messages", "d\n", 2);
    write_file("messages.1", "c\n", 2);
    write_gz("messages.2.gz", "b\n", 2);
    write_file("messages.10", "a\n", 2);
    write_file("other", "o\n", 2);
    cr_expect_eq(file_read_lines(names, 6, note, NULL), 0);
    cr_expect_str_eq(
        seen, "1:messages.10:1:a|2:messages.2.gz:1:b|3:messages.1:1:c|4:messages:1:d|5:other:1:o|");
}

Test(file, lines_end_where_they_end)
{
    char *names[] = {"messages"};
    write_file("messages", "a\r\n\nb", 5);
    cr_expect_eq(file_read_lines(names, 1, note, NULL), 0);
    cr_expect_str_eq(seen, "1:messages:1:a|2:messages:2:|3:messages:3:b|");
}

Test(file, keeps_nul_bytes)
{
    char *names[] = {"messages"};
    write_file("messages", "a\0b\nc\n", 6);
    cr_expect_eq(file_read_lines(names, 1, note, NULL), 0);
    cr_expect_eq(longest, 3);
}

Test(file, cuts_a_line_that_is_too_long_and_goes_on)
{
    size_t len = 3 * (size_t)FILE_LINE_MAX;
    char *names[] = {"messages"}, *bytes = malloc(len);
    memset(bytes, 'x', len);
    memcpy(bytes + len - 3, "\nz\n", 3);
    write_file("messages", bytes, len);
    free(bytes);
    cr_expect_eq(file_read_lines(names, 1, note, NULL), 0);
    cr_expect_str_eq(seen, "1:messages:1:xxx|2:messages:2:z|");
    cr_expect_eq(longest, FILE_LINE_MAX);
    cr_expect_eq(cut_lines, 1);
}

Test(file, a_line_of_just_the_limit_is_whole)
{
    char *names[] = {"messages"}, *bytes = malloc(FILE_LINE_MAX + 1);
    memset(bytes, 'x', FILE_LINE_MAX);
    bytes[FILE_LINE_MAX] = '\n';
    write_file("messages", bytes, FILE_LINE_MAX + 1);
    free(bytes);
    cr_expect_eq(file_read_lines(names, 1, note, NULL), 0);
    cr_expect_eq(longest, FILE_LINE_MAX);
    cr_expect_eq(cut_lines, 0);
}

Test(file, what_is_not_there_is_an_error)
{
    char *missing[] = {"nowhere"}, *directory[] = {"."};
    cr_expect_eq(file_read_lines(missing, 1, note, NULL), ERR_IO);
    cr_expect_eq(file_read_lines(directory, 1, note, NULL), ERR_IO);
}

Test(file, gzip_data_that_ends_early_is_an_error)
{
    char *names[] = {"cut.gz"};
    write_gz("cut.gz", "a line that compresses to some bytes\n", 37);
    cr_assert_eq(truncate("cut.gz", 30), 0);
    cr_expect_eq(file_read_lines(names, 1, note, NULL), ERR_IO);
}

Test(file, the_reader_may_stop)
{
    char *names[] = {"messages"};
    int stop_after = 2;
    write_file("messages", "a\nb\nc\n", 6);
    cr_expect_eq(file_read_lines(names, 1, note, &stop_after), 42);
    cr_expect_str_eq(seen, "1:messages:1:a|2:messages:2:b|");
}
