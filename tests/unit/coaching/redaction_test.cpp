#include "coaching/redaction.hpp"

#include <gtest/gtest.h>

namespace atrium {
namespace {

const RedactionRules everything;

TEST(Redaction, takesAddressesOut) {
  EXPECT_EQ(redactText("Write to Ana.Lima+crm@mail.example.com, please.", everything), "Write to [email], please.");
  EXPECT_EQ(redactText("a@b.co and <c@d.org>; e@f.net", everything), "[email] and <[email]>; [email]");
  EXPECT_EQ(redactText("@ana, 3 @ 5 dollars, user@localhost", everything), "@ana, 3 @ 5 dollars, user@localhost");
  EXPECT_EQ(redactText("a@@b.co", everything), "a@@b.co");
  EXPECT_EQ(redactText("jos\u00e9@correo.example", everything), "[email]");
}

TEST(Redaction, takesTelephoneNumbersOutInTheFormsPeopleWriteThem) {
  for (const char* number :
       {"+34 600 123 456", "(512) 555-0143", "512-555-0143", "512.555.0143", "5125550143", "0034600123456", "+15125550143"})
    EXPECT_EQ(redactText("Call " + std::string(number) + " today", everything), "Call [phone] today") << number;
}

TEST(Redaction, leavesNothingOfNumbersThatStandSideBySide) {
  EXPECT_EQ(redactText("512-555-0143 512-555-0144", everything), "[phone]-[phone]");
  EXPECT_EQ(redactText("512-555-0143, 512-555-0144", everything), "[phone], [phone]");
}

TEST(Redaction, leavesMoneyDatesAndSmallNumbers) {
  for (const char* text : {"$1250000 or $1 250 000", "EUR 12500000", "3 beds, 2 baths, 1500 sq ft", "on 2026-11-28 at 15:30", "28.11.2026",
                           "11/28/2026", "lot 1234567", "zip 78701", "room_01J5125550143", "1,250,000"})
    EXPECT_EQ(redactText(text, everything), text);
}

TEST(Redaction, takesCardNumbersOutByTheirCheckDigit) {
  EXPECT_EQ(redactText("Card 4111 1111 1111 1111, ok?", everything), "Card [card], ok?");
  EXPECT_EQ(redactText("4111-1111-1111-1111", everything), "[card]");
  EXPECT_EQ(redactText("4111111111111112", everything), "4111111111111112");
}

TEST(Redaction, readsSpacesDashesAndDigitsAsProgramsAndOtherScriptsWriteThem) {
  for (const char* number : {"+49\u00a030\u00a01234567", "+1\u202f512\u202f555\u202f0143", "512\u2011555\u20110143", "030\u20131234567",
                             "512\u2009555\u20090143", "\uff10\uff13\uff10-\uff11\uff12\uff13\uff14\uff15\uff16\uff17",
                             "\u0660\u0665\u0661\u0662 \u0663\u0664\u0665 \u0666\u0667\u0668\u0669", "512\u200b555\u200b0143"})
    EXPECT_EQ(redactText("Call " + std::string(number) + " today", everything), "Call [phone] today") << number;
  EXPECT_EQ(redactText("4111\u00a01111\u20111111\u202f1111", everything), "[card]");
  EXPECT_EQ(redactText("ana\uff20example\uff0ecom", everything), "[email]");
  for (const char* text : {"on 2026\u201111\u201128", "caf\u00e9 12\u00a0m\u00b2", "\u201cyes\u201d \u2014 no",
                           "\u0645\u0631\u062d\u0628\u0627", "\uff41\uff42 12"})
    EXPECT_EQ(redactText(text, everything), text);
  EXPECT_EQ(redactText(std::string("\xe2\x80"), everything), "\xe2\x80") << "the end of the text is its end";
}

TEST(Redaction, doesOnlyWhatItIsToldTo) {
  const RedactionRules nothing{.emails = false, .phone_numbers = false, .card_numbers = false, .fields = {}};
  EXPECT_EQ(redactText("a@b.co +34 600 123 456 4111111111111111", nothing), "a@b.co +34 600 123 456 4111111111111111");
}

TEST(Redaction, leavesPrivateFieldsOutWhereverTheyStand) {
  const auto value = *JsonDocument::parse(
      R"({"name":"Ana","Email":"x","deep":[{"ssn":{"a":1},"budget":650000,"mobile":15125550143}],"a@b.co":"call +34 600 123 456","ok":null,"yes":true})");
  RedactionRules rules;
  rules.fields = {"email", "ssn"};
  std::string text;
  JsonWriter<std::string> json(text);
  writeRedacted(json, value.root(), rules);
  EXPECT_EQ(text, R"({"name":"Ana","deep":[{"budget":650000,"mobile":"[phone]"}],"[email]":"call [phone]","ok":null,"yes":true})");
}

}  // namespace
}  // namespace atrium
