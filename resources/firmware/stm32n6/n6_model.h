/* SPDX-License-Identifier: MIT
 *
 * Which model the application runs, in a place of the program that can be found and written again: another model of the
 * same shape is put into an application without building it.
 */
#ifndef N6_MODEL_H
#define N6_MODEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define N6_MODEL_NAME_BYTES 88u

typedef struct {
    char mark[16]; /* "N6-STUDIO-MODEL", once in a program */
    uint8_t id[8];
    char name[N6_MODEL_NAME_BYTES]; /* for people; ends with a zero */
} n6_model_card;

/* In a file of its own, so that the compiler does not work its values into the code. */
extern const n6_model_card n6_model;

#ifdef __cplusplus
}
#endif
#endif
