#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <atrium/plugin.hpp>
#include <atrium/testkit.hpp>

namespace testkit = atrium::testkit;

namespace {

std::string base64_of(const unsigned char* bytes, std::size_t size) {
  std::string out(4 * ((size + 2) / 3) + 1, '\0');
  out.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes, static_cast<int>(size))));
  return out;
}

// GoHighLevel's side of a signature.
class SigningKey {
 public:
  explicit SigningKey(EVP_PKEY* key) : key_(key, EVP_PKEY_free) {}
  [[nodiscard]] std::string public_text() const {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key_.get(), &der);
    std::string text = base64_of(der, static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return text;
  }
  [[nodiscard]] std::string sign(const std::string& body) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_DigestSignInit(context.get(), nullptr, EVP_PKEY_id(key_.get()) == EVP_PKEY_RSA ? EVP_sha256() : nullptr, nullptr, key_.get());
    unsigned char signature[1024];
    std::size_t size = sizeof signature;
    EVP_DigestSign(context.get(), signature, &size, reinterpret_cast<const unsigned char*>(body.data()), body.size());
    return base64_of(signature, size);
  }

 private:
  std::shared_ptr<EVP_PKEY> key_;
};

SigningKey curve_key() { return SigningKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); }
SigningKey rsa_key(std::size_t bits) { return SigningKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits)); }

constexpr const char* contact = R"({"type":"ContactCreate","locationId":"loc1","id":"c1","firstName":"Bo","lastName":"Diaz",
  "email":"bo@example.com","phone":"+15551234","city":"Rancho","tags":["hot"],"customFields":[{"id":"u1","value":"High"}]})";

class Ghl : public testing::Test {
 protected:
  testkit::Plugin& start(const std::string& more = "") {
    const std::string options = R"({"tenant":"tenant_a","locations":["loc1"],"enrich_timeout":800,"enrich_cache":600000,
      "enrich_fields":["urgency","budget","score"],"fields":{"urgency":"customFields.u1"})";
    return plugin.emplace(host, atrium_entry, testkit::JsonText(options + (more.empty() ? "" : "," + more) + "}"));
  }
  testkit::UiAnswer send(const std::string& body, const std::string& path = "/signed", std::map<std::string, std::string> headers = {}) {
    return testkit::handle(*plugin, {.method = "POST", .path = path, .headers = std::move(headers), .body = body, .caller = std::nullopt});
  }
  // The lead that was routed last, and a member of it as JSON.
  std::string field(const char* name) {
    if (host.coordinated.empty()) return "nothing was routed";
    const testkit::JsonText body(host.coordinated.back().body);
    return std::string(atrium::Json(body.abi())["lead"][name].raw());
  }
  static std::string member(const testkit::UiAnswer& answer, const char* name) {
    const testkit::JsonText body(answer.body);
    return std::string(atrium::Json(body.abi())[name].raw());
  }

  testkit::FakeHost host;
  std::optional<testkit::Plugin> plugin;
};

}  // namespace

TEST_F(Ghl, routesAContactAsALeadUnderItsId) {
  start(R"("queue":"web","channel":"form")");
  const auto answer = send(contact);
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.body, R"({"lead_id":"ghl_c1","state":"routed","enrichment":"off"})");
  ASSERT_EQ(host.coordinated.size(), 1u);
  EXPECT_EQ(host.coordinated.front().operation, ATRIUM_COORDINATION_ROUTE_LEAD);
  EXPECT_EQ(host.coordinated.front().tenant_id, "tenant_a");
  const testkit::JsonText body(host.coordinated.front().body);
  const atrium::Json request(body.abi());
  EXPECT_EQ(request["lead_id"], "ghl_c1");
  EXPECT_EQ(request["queue"], "web");
  EXPECT_EQ(request["channel"], "form");
  EXPECT_EQ(field("name"), R"("Bo Diaz")");
  EXPECT_EQ(field("location"), R"("Rancho")");
  EXPECT_EQ(field("urgency"), R"("High")") << "where the operator said";
  EXPECT_EQ(field("tags"), R"(["hot"])");
}

TEST_F(Ghl, readsAnOpportunityAndAWorkflow) {
  start();
  send(R"({"type":"OpportunityCreate","locationId":"loc1","id":"o1","contactId":"c7","name":"Cy Poe","monetaryValue":500000})");
  EXPECT_EQ(field("budget"), "500000");
  EXPECT_EQ(field("name"), R"("Cy Poe")");
  EXPECT_NE(host.coordinated.back().body.find(R"("ghl_c7")"), std::string::npos) << "a contact and his opportunity are one lead";
  send(
      R"({"contact_id":"c8","full_name":"Di Roe","location":{"id":"loc1"},"customData":{"budget":"$450,000","score":"85","property_type":"condo"}})");
  EXPECT_EQ(field("budget"), "450000");
  EXPECT_EQ(field("score"), "85");
  EXPECT_EQ(field("property_type"), R"("condo")");
}

TEST_F(Ghl, takesWhatComesAgainOnce) {
  start();
  EXPECT_EQ(member(send(contact), "state"), R"("routed")");
  EXPECT_EQ(member(send(contact), "state"), R"("known")");
  plugin.reset();
  start();
  EXPECT_EQ(member(send(contact), "state"), R"("known")") << "and after a restart, too";
  EXPECT_EQ(host.coordinated.size(), 1u);
}

TEST_F(Ghl, saysWhatIsWrong) {
  start();
  for (const char* body : {"", "{", "[]", "7"}) EXPECT_EQ(send(body).status, 400u) << body;
  const auto wrong = send(R"({"type":"ContactCreate","locationId":"elsewhere","monetaryValue":-1,"score":200})");
  EXPECT_EQ(wrong.status, 422u);
  for (const char* path : {"/id", "/name", "/locationId", "/score", "/budget"})
    EXPECT_NE(wrong.body.find("\"" + std::string(path) + "\""), std::string::npos) << path << " in " << wrong.body;
  EXPECT_EQ(send(R"({"type":"ContactCreate","locationId":"loc1","id":"two words","name":"Bo"})").status, 422u);
  EXPECT_EQ(member(send(R"({"type":"InvoiceCreate","id":"i1"})"), "state"), R"("ignored")");
  EXPECT_TRUE(host.coordinated.empty());
}

TEST_F(Ghl, believesNobodyWithoutGoHighLevelsSignature) {
  const SigningKey key = curve_key(), other = curve_key(), old = rsa_key(2048);
  start(R"("public_key":")" + key.public_text() + R"(","legacy_public_key":")" + old.public_text() + "\"");
  const std::string body = contact;
  EXPECT_EQ(send(body, "/events").status, 403u);
  EXPECT_EQ(send(body, "/events", {{"x-ghl-signature", other.sign(body)}}).status, 403u);
  EXPECT_EQ(send(body, "/events", {{"x-ghl-signature", key.sign(body + " ")}}).status, 403u);
  EXPECT_EQ(send(body, "/events", {{"x-ghl-signature", "%%%%"}}).status, 403u);
  EXPECT_EQ(send(body, "/events", {{"x-ghl-signature", other.sign(body)}, {"x-wh-signature", old.sign(body)}}).status, 403u)
      << "the older one is no way around the newer";
  EXPECT_TRUE(host.coordinated.empty());
  EXPECT_EQ(send(body, "/events", {{"x-ghl-signature", key.sign(body)}}).status, 200u);
  EXPECT_EQ(send(body, "/events", {{"x-wh-signature", old.sign(body)}}).status, 200u);
  EXPECT_EQ(host.coordinated.size(), 1u);
}

TEST_F(Ghl, startsOnlyWithKeysThatAreSome) {
  const auto refused = [this](const std::string& options) {
    try {
      const testkit::Plugin made(host, atrium_entry, testkit::JsonText(options));
    } catch (const std::exception& why) {
      return std::string(why.what());
    }
    return std::string("it started");
  };
  EXPECT_NE(refused(R"({"tenant":"a","public_key":")" + curve_key().public_text() + "\"}").find("locations"), std::string::npos);
  for (const std::string& key : {std::string("nonsense"), rsa_key(2048).public_text()})
    EXPECT_NE(refused(R"({"tenant":"a","locations":["l"],"public_key":")" + key + "\"}").find("public_key"), std::string::npos);
  EXPECT_NE(refused(R"({"tenant":"a","locations":["l"],"legacy_public_key":")" + rsa_key(1024).public_text() + "\"}").find("2,048"),
            std::string::npos);
}

TEST_F(Ghl, passesOnWhatTheDeskSays) {
  start();
  host.answer_coordination(ATRIUM_COORDINATION_ROUTE_LEAD, ATRIUM_FULL, "later");
  EXPECT_EQ(send(contact).status, 503u);
  host.answer_coordination(ATRIUM_COORDINATION_ROUTE_LEAD, ATRIUM_INVALID, "/lead/score must be a number");
  const auto invalid = send(contact);
  EXPECT_EQ(invalid.status, 422u);
  EXPECT_NE(invalid.body.find("/lead/score"), std::string::npos);
  host.answer_coordination(ATRIUM_COORDINATION_ROUTE_LEAD, ATRIUM_CONFLICT, "ana has it");
  EXPECT_EQ(member(send(contact), "state"), R"("known")");
  EXPECT_EQ(send(contact).status, 200u);
  EXPECT_EQ(host.coordinated.size(), 3u) << "what was refused is tried again, what is there is not";
}

TEST_F(Ghl, addsWhatTheCrmKnows) {
  host.secrets["crm_key"] = "k3y";
  start(R"("enrich_url":"https://crm.example/lookup?v=1")");
  host.answer_http("https://crm.example/", 200, R"({"urgency":"Low","budget":700000,"score":{"no":"number"},"salary":1})");
  EXPECT_EQ(member(send(contact), "enrichment"), R"("done")");
  ASSERT_EQ(host.http_sent.size(), 1u);
  EXPECT_EQ(host.http_sent.front().url, "https://crm.example/lookup?v=1&email=bo%40example.com&phone=%2B15551234");
  EXPECT_EQ(host.http_sent.front().headers.at("authorization"), "Bearer k3y");
  EXPECT_EQ(field("urgency"), R"("High")") << "the lead's own word stands";
  EXPECT_EQ(field("budget"), "700000");
  EXPECT_EQ(field("salary"), "") << "nobody asked for it";
  EXPECT_EQ(field("score"), "") << "only plain values";
  EXPECT_EQ(field("enrichment"), R"("done")");
}

TEST_F(Ghl, remembersWhatTheCrmSaid) {
  start(R"("enrich_url":"https://crm.example/lookup")");
  const auto lead = [](const std::string& id) {
    return R"({"type":"ContactCreate","locationId":"loc1","id":")" + id + R"(","name":"Bo","email":"bo@example.com"})";
  };
  host.answer_http("https://crm.example/", 404);
  EXPECT_EQ(member(send(lead("a")), "enrichment"), R"("none")");
  EXPECT_EQ(member(send(lead("b")), "enrichment"), R"("none")");
  EXPECT_EQ(host.http_sent.size(), 1u);
  host.advance_ms(600'001);
  host.answer_http("https://crm.example/", 200, R"({"score":7})");
  EXPECT_EQ(member(send(lead("c")), "enrichment"), R"("done")");
}

TEST_F(Ghl, routesALeadWhoseCrmFailsAndLeavesADeadOneAlone) {
  start(R"("enrich_url":"https://crm.example/lookup")");
  const auto lead = [](int id) {
    return R"({"type":"ContactCreate","locationId":"loc1","id":"n)" + std::to_string(id) + R"(","name":"Bo","phone":")" +
           std::to_string(id) + "\"}";
  };
  host.fail_http("https://crm.example/", ATRIUM_TIMED_OUT);
  host.answer_http("https://crm.example/", 500, "oh");
  host.answer_http("https://crm.example/", 200, "no JSON");
  for (int id = 0; id < 5; ++id) {
    EXPECT_EQ(member(send(lead(id)), "state"), R"("routed")");
    EXPECT_EQ(field("enrichment"), R"("failed")");
  }
  EXPECT_EQ(host.http_sent.size(), 3u) << "after three failures it is not asked";
  EXPECT_TRUE(host.logged("crm_rests"));
  EXPECT_TRUE(host.logged("crm_failed")) << "and why, once";
  host.advance_ms(30'001);
  host.answer_http("https://crm.example/", 200, "{}");
  EXPECT_EQ(member(send(lead(9)), "enrichment"), R"("done")");
}

TEST_F(Ghl, tellsSupervisorsWhatTheCrmSays) {
  start(R"("enrich_url":"https://crm.example/lookup")");
  const auto ask = [this](const char* role, const char* body) {
    const testkit::JsonText caller(R"({"user_id":"sue","roles":[")" + std::string(role) + "\"]}");
    return testkit::handle(*plugin, {.method = "POST", .path = "/enrich", .body = body, .caller = caller});
  };
  EXPECT_EQ(ask("agent", R"({"email":"bo@example.com"})").status, 403u);
  EXPECT_NE(ask("agent", "{}").body.find(R"("code":"forbidden")"), std::string::npos);
  EXPECT_EQ(ask("supervisor", "{}").status, 422u);
  host.answer_http("https://crm.example/", 200, R"({"score":7})");
  EXPECT_EQ(ask("supervisor", R"({"email":"bo@example.com"})").body, R"({"enrichment":"done","fields":{"score":7}})");
}

TEST_F(Ghl, worksWithoutAPlaceToRememberIn) {
  host.refuse("kv");
  start();
  EXPECT_EQ(member(send(contact), "state"), R"("routed")");
}
