#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/markup.h"

static void what_would_end_a_text_is_escaped(void **state)
{
    struct buf out = buf_growing();

    UNUSED(state);
    markup_add(&out, "a<b> & \"c\" 'd'\n\t\x01\x1f \xc3\xa9");
    assert_true(str_equal(buf_str(&out), STR("a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;\n\t?? "
                                             "\xc3\xa9")));
    buf_clear(&out);
    markup_add_attribute(&out, "name", "\"><script>");
    assert_true(str_equal(buf_str(&out), STR(" name=\"&quot;&gt;&lt;script&gt;\"")));
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_would_end_a_text_is_escaped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
