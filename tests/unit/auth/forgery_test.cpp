// Every known way of making a server believe a token that it should not, after RFC 8725: each one is refused, and refused as a bad
// token rather than with an error of another kind.
#include <gtest/gtest.h>

#include <algorithm>

#include "protocol/errors.hpp"
#include "token_fixture.hpp"

namespace atrium {
namespace {

struct Forgery {
  const char* label;
  std::string token;
};
void PrintTo(const Forgery& forgery, std::ostream* out) { *out << forgery.label; }

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::string genuine() { return signedToken(plain_header, plain_claims); }

std::string unsignedToken(std::string_view header) { return encodeBase64Url(header) + "." + encodeBase64Url(plain_claims) + "."; }

std::string withHeader(std::string_view header, std::string_view secret = test_secret) { return signedToken(header, plain_claims, secret); }

std::string withClaims(std::string_view claims) { return signedToken(plain_header, claims); }

// The last character of a signature of 32 bytes carries two bits that must be zero.
std::string malleated() {
  std::string token = genuine();
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  token.back() = alphabet[alphabet.find(token.back()) + 1];
  return token;
}

std::string changedClaims() {
  const std::string token = genuine();
  return token.substr(0, token.find('.') + 1) + encodeBase64Url(R"({"sub":"root","tenant_id":"acme","exp":1768000600})") +
         token.substr(token.rfind('.'));
}

std::string bitFlipped(std::size_t at) {
  std::string token = genuine();
  token[at] = token[at] == 'A' ? 'B' : 'A';
  return token;
}

class Forged : public testing::TestWithParam<Forgery> {};

TEST_P(Forged, isRefused) {
  TokenVerifier verifier = verifierFor({});
  for (int attempt = 0; attempt < 2; ++attempt) {  // What was refused once is not remembered as good.
    const auto principal = verifier.verify(GetParam().token, test_now);
    ASSERT_FALSE(principal);
    EXPECT_EQ(principal.error().code, Code::unauthorized);
    EXPECT_LT(principal.error().detail.size(), 120U) << "a refusal does not repeat the token";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, Forged,
    testing::Values(
        // No signature, under every spelling.
        Forgery{"none", unsignedToken(R"({"alg":"none"})")}, Forgery{"noneCapital", unsignedToken(R"({"alg":"None"})")},
        Forgery{"noneUpper", unsignedToken(R"({"alg":"NONE"})")}, Forgery{"noneMixed", unsignedToken(R"({"alg":"nOnE"})")},
        Forgery{"noneEscaped", unsignedToken(R"({"alg":"\u006eone"})")}, Forgery{"noneEmpty", unsignedToken(R"({"alg":""})")},
        Forgery{"noneSigned", withHeader(R"({"alg":"none"})")},
        Forgery{"noneTwoParts", encodeBase64Url(R"({"alg":"none"})") + "." + encodeBase64Url(plain_claims)},
        Forgery{"signatureCutOff", genuine().substr(0, genuine().rfind('.') + 1)},
        Forgery{"signatureMissing", genuine().substr(0, genuine().rfind('.'))},
        // Another algorithm.
        Forgery{"rs256WithOurKey", withHeader(R"({"alg":"RS256"})")}, Forgery{"hs384", withHeader(R"({"alg":"HS384"})")},
        Forgery{"hs512", withHeader(R"({"alg":"HS512"})")}, Forgery{"es256", withHeader(R"({"alg":"ES256"})")},
        Forgery{"algLowerCase", withHeader(R"({"alg":"hs256"})")}, Forgery{"algMissing", withHeader(R"({"typ":"JWT"})")},
        Forgery{"algNumber", withHeader(R"({"alg":256})")}, Forgery{"algArray", withHeader(R"({"alg":["HS256","none"]})")},
        Forgery{"algNull", withHeader(R"({"alg":null})")}, Forgery{"algTwice", withHeader(R"({"alg":"HS256","alg":"none"})")},
        Forgery{"algTwiceTheOtherWay", withHeader(R"({"alg":"none","alg":"HS256"})")},
        Forgery{"publicKeyAsSecret",
                signedToken(R"({"alg":"HS256"})", plain_claims, "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n")},
        // Another key.
        Forgery{"otherKey", withHeader(plain_header, "another-secret-another-secret-xx")},
        Forgery{"keyOfZeroes", withHeader(plain_header, std::string(32, '\0'))}, Forgery{"keyGuessed", withHeader(plain_header, "secret")},
        Forgery{"keyWithoutItsEnd", withHeader(plain_header, test_secret.substr(0, 31))},
        Forgery{"keyWithNul", withHeader(plain_header, test_secret + std::string(1, '\x01'))},
        // A key of the token's own choice.
        Forgery{"kidPath", withHeader(R"({"alg":"HS256","kid":"../../../../dev/null"})", std::string(1, '\0'))},
        Forgery{"kidPathSigned", withHeader(R"({"alg":"HS256","kid":"../../etc/passwd"})")},
        Forgery{"kidQuery", withHeader(R"({"alg":"HS256","kid":"x' UNION SELECT 'k"})")},
        Forgery{"kidNul", withHeader(R"({"alg":"HS256","kid":"a\u0000b"})")},
        Forgery{"kidLong", withHeader(R"({"alg":"HS256","kid":")" + repeated("k", 2000) + "\"}")},
        Forgery{"kidNumber", withHeader(R"({"alg":"HS256","kid":1})")}, Forgery{"kidEmpty", withHeader(R"({"alg":"HS256","kid":""})")},
        Forgery{"kidUrl", withHeader(R"({"alg":"HS256","kid":"http://evil.example/key"})")},
        Forgery{"jku", withHeader(R"({"alg":"HS256","jku":"http://127.0.0.1:1/keys"})")},
        Forgery{"jwk", withHeader(R"({"alg":"HS256","jwk":{"kty":"oct","k":"AA"}})")},
        Forgery{"x5u", withHeader(R"({"alg":"HS256","x5u":"http://127.0.0.1:1/cert"})")},
        Forgery{"x5c", withHeader(R"({"alg":"HS256","x5c":["MIIB"]})")},
        // Another kind of token.
        Forgery{"crit", withHeader(R"({"alg":"HS256","crit":["exp"]})")}, Forgery{"critEmpty", withHeader(R"({"alg":"HS256","crit":[]})")},
        Forgery{"critB64", withHeader(R"({"alg":"HS256","b64":false,"crit":["b64"]})")},
        Forgery{"nested", withHeader(R"({"alg":"HS256","cty":"JWT"})")},
        Forgery{"encrypted", withHeader(R"({"alg":"HS256","enc":"A128GCM"})")},
        Forgery{"compressed", withHeader(R"({"alg":"HS256","zip":"DEF"})")},
        Forgery{"typLogout", withHeader(R"({"alg":"HS256","typ":"logout+jwt"})")},
        Forgery{"typNumber", withHeader(R"({"alg":"HS256","typ":1})")},
        // Changed on the way.
        Forgery{"changedClaims", changedClaims()}, Forgery{"bitFlippedInHeader", bitFlipped(3)},
        Forgery{"bitFlippedInClaims", bitFlipped(50)}, Forgery{"bitFlippedInSignature", bitFlipped(genuine().rfind('.') + 5)},
        Forgery{"malleated", malleated()},
        // Another form.
        Forgery{"onePart", encodeBase64Url(plain_claims)}, Forgery{"fourParts", genuine() + ".AAAA"},
        Forgery{"fiveParts", genuine() + "..AAAA"}, Forgery{"emptyFourthPart", genuine() + "."}, Forgery{"leadingDot", "." + genuine()},
        Forgery{"onlyDots", ".."}, Forgery{"empty", ""}, Forgery{"padded", genuine() + "="}, Forgery{"lineBreak", genuine() + "\n"},
        Forgery{"leadingSpace", " " + genuine()}, Forgery{"withScheme", "Bearer " + genuine()},
        Forgery{"otherAlphabet", signedToken(plain_header, plain_claims).replace(0, 1, "+")},
        Forgery{"nulInside", genuine().insert(10, 1, '\0')},
        Forgery{"large", withClaims(R"({"sub":"ana","tenant_id":"acme","exp":1768000600,"x":")" + repeated("x", 9000) + "\"}")},
        Forgery{"mebibyte", repeated("A", 1024 * 1024)}, Forgery{"headerNested", withHeader(repeated("[", 3000))},
        Forgery{"claimsNested", withClaims(repeated("[", 2000) + repeated("]", 2000))},
        Forgery{"headerNotObject", withHeader(R"(["HS256"])")}, Forgery{"headerNotJson", withHeader("alg=HS256")},
        Forgery{"headerTrailing", withHeader(R"({"alg":"HS256"}{})")}, Forgery{"headerEmpty", withHeader("")},
        Forgery{"claimsNotObject", withClaims("[]")}, Forgery{"claimsNotJson", withClaims("sub=ana")},
        Forgery{"claimsEmpty", withClaims("")},
        Forgery{"claimsNotUtf8", withClaims("{\"sub\":\"\xFF\",\"tenant_id\":\"acme\",\"exp\":1768000600}")},
        // Times.
        Forgery{"expMissing", withClaims(R"({"sub":"ana","tenant_id":"acme"})")},
        Forgery{"expNull", withClaims(R"({"sub":"ana","tenant_id":"acme","exp":null})")},
        Forgery{"expText", withClaims(R"({"sub":"ana","tenant_id":"acme","exp":"1768000600"})")},
        Forgery{"expNegative", withClaims(R"({"sub":"ana","tenant_id":"acme","exp":-1})")},
        Forgery{"expHuge", withClaims(R"({"sub":"ana","tenant_id":"acme","exp":1e300})")},
        Forgery{"expTooLarge", withClaims(R"({"sub":"ana","tenant_id":"acme","exp":99999999999999999999})")},
        Forgery{"expTwice", withClaims(R"({"sub":"ana","tenant_id":"acme","exp":1,"exp":1768000600})")},
        Forgery{"nbfAhead", withClaims(R"({"sub":"ana","tenant_id":"acme","exp":1768000600,"nbf":1768000031})")},
        Forgery{"nbfText", withClaims(R"({"sub":"ana","tenant_id":"acme","exp":1768000600,"nbf":"0"})")},
        Forgery{"iatAhead", withClaims(R"({"sub":"ana","tenant_id":"acme","exp":1768000600,"iat":1768000031})")},
        // Who it is.
        Forgery{"subMissing", withClaims(R"({"tenant_id":"acme","exp":1768000600})")},
        Forgery{"subNumber", withClaims(R"({"sub":1,"tenant_id":"acme","exp":1768000600})")},
        Forgery{"subEmpty", withClaims(R"({"sub":"","tenant_id":"acme","exp":1768000600})")},
        Forgery{"subControl", withClaims(R"({"sub":"a\nb","tenant_id":"acme","exp":1768000600})")},
        Forgery{"subNul", withClaims(R"({"sub":"ana\u0000","tenant_id":"acme","exp":1768000600})")},
        Forgery{"subC1", withClaims(R"({"sub":"a\u0085b","tenant_id":"acme","exp":1768000600})")},
        Forgery{"subLong", withClaims(R"({"sub":")" + repeated("s", 129) + R"(","tenant_id":"acme","exp":1768000600})")},
        Forgery{"subTwice", withClaims(R"({"sub":"ana","sub":"root","tenant_id":"acme","exp":1768000600})")},
        Forgery{"tenantMissing", withClaims(R"({"sub":"ana","exp":1768000600})")},
        Forgery{"tenantArray", withClaims(R"({"sub":"ana","tenant_id":["acme","other"],"exp":1768000600})")},
        Forgery{"tenantDelete", withClaims(R"({"sub":"ana","tenant_id":"acme\u007f","exp":1768000600})")},
        Forgery{"nameControl", withClaims(R"({"sub":"ana","tenant_id":"acme","exp":1768000600,"name":"A\u001b[31m"})")},
        Forgery{"nameLong", withClaims(R"({"sub":"ana","tenant_id":"acme","exp":1768000600,"name":")" + repeated("n", 257) + "\"}")},
        Forgery{"rolesNumber", withClaims(R"({"sub":"ana","tenant_id":"acme","exp":1768000600,"roles":4})")},
        Forgery{"rolesMixed", withClaims(R"({"sub":"ana","tenant_id":"acme","exp":1768000600,"roles":["agent",4]})")},
        Forgery{"rolesMany",
                withClaims(R"({"sub":"ana","tenant_id":"acme","exp":1768000600,"roles":["x")" + repeated(",\"x\"", 64) + "]}")}),
    [](const auto& test) { return std::string(test.param.label); });

// Each character of a token replaced, removed or doubled: none of them can be changed without breaking it.
TEST(Forgery, noCharacterOfATokenMayChange) {
  TokenVerifier verifier = verifierFor({});
  const std::string token = genuine();
  ASSERT_TRUE(verifier.verify(token, test_now));
  for (std::size_t at = 0; at < token.size(); ++at) {
    for (const char other : {'A', 'B', '_', '.', '=', '\0'}) {
      std::string changed = token;
      changed[at] = other;
      ASSERT_TRUE(changed == token || !verifier.verify(changed, test_now)) << at << " " << other;
    }
    ASSERT_FALSE(verifier.verify(std::string(token).erase(at, 1), test_now)) << at;
    ASSERT_FALSE(verifier.verify(std::string(token).insert(at, 1, token[at]), test_now)) << at;
  }
}

}  // namespace
}  // namespace atrium
