/*
 * replay.c — main() of a fuzz target without libFuzzer: gives each file below the folders named to
 * LLVMFuzzerTestOneInput once. What once failed, and what a fuzzer found worth keeping, is so run by every
 * ctest.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATH_BYTES = 4096, INPUT_BYTES = 1 << 20 };

static int replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = malloc(INPUT_BYTES);
    size_t size = f && data ? fread(data, 1, INPUT_BYTES, f) : 0;
    int rc = !f || !data || ferror(f) ? -1 : 0;
    /* exactly its size, so that AddressSanitizer sees a read beyond it */
    uint8_t *exact = rc ? NULL : malloc(size ? size : 1);
    if (exact) {
        memcpy(exact, data, size);
        LLVMFuzzerTestOneInput(exact, size);
    }
    free(exact);
    free(data);
    if (f)
        fclose(f);
    return exact ? 0 : -1;
}

/* @return how many files were replayed; -1: the folder or a file cannot be read */
static int replay_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    int count = 0;
    for (struct dirent *entry; dir && count >= 0 && (entry = readdir(dir));) {
        char path[PATH_BYTES];
        if (entry->d_name[0] == '.')
            continue;
        int len = snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        bool fits = len > 0 && (size_t)len < sizeof(path);
        count = fits && replay_file(path) == 0 ? count + 1 : -1;
    }
    if (dir)
        closedir(dir);
    return dir ? count : -1;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int count = replay_folder(argv[i]);
        printf("%s: %d inputs\n", argv[i], count);
        if (count < 1)
            return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
