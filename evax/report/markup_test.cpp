#include "evax/report/markup.h"

#include "evax/report/test_support.h"

namespace evax::report {
namespace {

TEST(Markup, HostileTextIsHarmless) {
  EXPECT_EQ(escaped("<script>alert('\"&\"')</script>"),
            "&lt;script&gt;alert(&#39;&quot;&amp;&quot;&#39;)&lt;/script&gt;");
  EXPECT_EQ(escaped("a\x01\xff\n"), "a\\x01\\xff\\x0a");
  EXPECT_EQ(escaped("خط ± 肺"), "خط ± 肺");
  EXPECT_LT(escaped(std::string(1 << 20, 'x')).size(), 3000U);
}

TEST(Markup, ShortensByCharactersNotBytes) {
  EXPECT_EQ(shortened("Edema", 5), "Edema");
  EXPECT_EQ(shortened("Oedema", 5), "Oede…");
  EXPECT_EQ(shortened("肺炎肺炎", 4), "肺炎肺炎");
  EXPECT_EQ(shortened("肺炎肺炎", 3), "肺炎…");
}

// RFC 4648, section 10.
TEST(Markup, Base64) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe\xfd"), "//79");
}

}  // namespace
}  // namespace evax::report
