#include "lib/adapter_exec_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct adapter_exec_line line;

    (void)!adapter_exec_read((struct str){(const char *)data, len}, &line);
    adapter_exec_line_fini(&line);
    return 0;
}
