/*
 * The functions behind the routes. Each reads one request and writes one reply.
 */
#ifndef REFERENCE_API_FUNCTIONS_H
#define REFERENCE_API_FUNCTIONS_H

#include "reference/api_route.h"

/* api_registry.c: names are {app} and {device} */
api_function api_app_list, api_app_create, api_app_get, api_app_update, api_app_delete;
api_function api_device_list, api_device_create, api_device_get, api_device_update,
    api_device_delete;

/* api_command.c: names are {app} and {device} */
api_function api_command_send;

/* api_authn.c */
api_function api_authn_prove, api_authn_key, api_authn_gateway;

/* api_ops.c */
api_function api_livez, api_readyz, api_metrics;

#endif
