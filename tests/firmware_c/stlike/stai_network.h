/* Stands in for the model's code of later releases in tests. */
#ifndef STAI_NETWORK_H
#define STAI_NETWORK_H

typedef int stai_return_code;
typedef void stai_network;
typedef enum { STAI_MODE_SYNC = 0 } stai_run_mode;

stai_return_code stai_network_run(stai_network *model, const stai_run_mode mode);

#endif
