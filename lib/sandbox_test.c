#include "lib/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void keeps_scripts_from_the_machine(void **state)
{
    static const char *const gone[] = {"io",   "os",    "debug",    "package",       "dofile",
                                       "load", "print", "loadfile", "collectgarbage"};
    lua_State *L = sandbox_new(1 << 20, NULL);

    UNUSED(state);
    for (size_t i = 0; i < COUNT(gone); i++) {
        assert_int_equal(lua_getglobal(L, gone[i]), LUA_TNIL);
        lua_pop(L, 1);
    }
    assert_int_equal(lua_getglobal(L, "require"), LUA_TNIL);
    sandbox_free(L);
}

static void says_where_a_script_is_wrong(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } rows[] = {
        {"local a = 1\nreturn b.c",         "x.lua:2: attempt to index a nil value (global 'b')"                },
        {"\n\nforgotten = 1",               "x.lua:3: assigns the global \"forgotten\": write `local forgotten`"},
        {"return (",                        "x.lua:1: unexpected symbol near <eof>"                             },
        {"while true do end",
         "x.lua:1: the script ran too many instructions; does it loop for ever?"                                },
        {"return string.rep('x', 2000000)", "x.lua:1: not enough memory"                                        },
        {"\33Lua",                          "attempt to load a binary chunk (mode is 't')"                      },
    };
    char why[SANDBOX_WHY_LEN];
    lua_State *L = sandbox_new(1 << 20, NULL);

    UNUSED(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_false(sandbox_run_text(L, str_from(rows[i].text), "x.lua", why));
        if (i == 5)
            assert_non_null(strstr(why, rows[i].why));
        else if (i == 4)
            assert_non_null(strstr(why, "not enough memory"));
        else
            assert_string_equal(why, rows[i].why);
        assert_int_equal(lua_gettop(L), 0);
    }
    assert_true(sandbox_run_text(L, STR("return 7"), "x.lua", why));
    assert_int_equal(lua_tointeger(L, -1), 7);
    sandbox_free(L);
}

static void write_text(const char *dir, const char *name, const char *text)
{
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void requires_only_what_lies_in_its_folder(void **state)
{
    char dir[] = "/tmp/sandbox-test-XXXXXX";
    char path[128];
    char why[SANDBOX_WHY_LEN];
    lua_State *L;

    UNUSED(state);
    assert_non_null(mkdtemp(dir));
    (void)snprintf(path, sizeof path, "%s/common", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    write_text(dir, "common/values.lua", "return { seven = 7 }");
    L = sandbox_new(1 << 20, dir);
    assert_true(sandbox_run_text(L,
                                 STR("local v = require 'common.values'\n"
                                     "return v == require 'common.values' and v.seven"),
                                 "x.lua", why));
    assert_int_equal(lua_tointeger(L, -1), 7);
    lua_settop(L, 0);
    assert_false(sandbox_run_text(L, STR("require '..etc.passwd'"), "x.lua", why));
    assert_non_null(strstr(why, "expected names of"));
    assert_false(sandbox_run_text(L, STR("require '/etc/passwd'"), "x.lua", why));
    assert_non_null(strstr(why, "expected names of"));
    assert_false(sandbox_run_text(L, STR("require 'common.nothing'"), "x.lua", why));
    assert_non_null(strstr(why, "No such file"));
    sandbox_free(L);
    (void)snprintf(path, sizeof path, "%s/common/values.lua", dir);
    assert_int_equal(unlink(path), 0);
    (void)snprintf(path, sizeof path, "%s/common", dir);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_scripts_from_the_machine),
        cmocka_unit_test(says_where_a_script_is_wrong),
        cmocka_unit_test(requires_only_what_lies_in_its_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
