/* SPDX-License-Identifier: MIT
 *
 * See n6_model.h.
 */
#include "n6_model.h"

#include "n6_config.h"

_Static_assert(sizeof(N6_MODEL_NAME) <= N6_MODEL_NAME_BYTES, "the model's name is too long");

const n6_model_card n6_model = {"N6-STUDIO-MODEL", N6_MODEL_ID, N6_MODEL_NAME};
