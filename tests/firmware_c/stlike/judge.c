/* Says whether a file is a JPEG of a size, as the self-test judges. Usage: judge FILE WIDTH HEIGHT. */
#include <stdio.h>
#include <stdlib.h>

#include "n6_self_test.h"

int main(int argc, char **argv)
{
    FILE *file = argc == 4 ? fopen(argv[1], "rb") : NULL;
    size_t length = 0;
    uint8_t *exact;
    static uint8_t jpeg[1u << 20];
    if (file == NULL) {
        return 2;
    }
    length = fread(jpeg, 1, sizeof jpeg, file);
    exact = malloc(length + 1u); /* so that a byte too far is noticed */
    for (size_t i = 0; i < length; i++) {
        exact[i] = jpeg[i];
    }
    exact = realloc(exact, length > 0u ? length : 1u);
    puts(n6_jpeg_is(exact, length, (uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[3])) ? "right" : "wrong");
    free(exact);
    return fclose(file);
}
