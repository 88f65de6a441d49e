#include "book.hpp"

#include <algorithm>
#include <stdexcept>

#include "conversation.hpp"

namespace {

Book real_estate() {
  return {
      .stages =
          {{"greeting",
            {{"Answer within the minute and ask one open question: what brought them to look now?", "Use their name, and say yours."},
             "Hello {name}, thank you for getting in touch. What made you start looking, and when would you like to have moved?"}},
           {"discovery",
            {{"Find out budget, area, must-haves and the date they need to move by before you show anything.",
              "Ask whether they have spoken with a lender, and offer to introduce one."},
             "To find the right places, {name}: which areas do you like, what must the home have, and what budget feels right?"}},
           {"qualification",
            {{"Confirm that financing is in place and who else decides.", "Ask what would make them say yes this month."},
             "Have you been pre-approved already, {name}, and does anybody else decide with you?"}},
           {"viewing",
            {{"Offer two times and not an open question.", "Name the two things in this home that match what they asked for."},
             "I could show it to you on Thursday at five or Saturday at ten, {name}. Which suits you better?"}},
           {"negotiation",
            {{"Trade, never give: ask for something with each concession.", "Bring comparable sales of the last 90 days."},
             "Let me send you what comparable homes sold for in the last three months, {name}; then we decide on an offer that holds."}},
           {"closing",
            {{"Sum up the terms in three lines and name the next date.", "Ask for the decision, then wait."},
             "Here is where we stand, {name}: price, inspection and closing date are agreed. Shall I send the papers today?"}},
           {"follow_up",
            {{"Bring news: a new listing, a price change or an answer they waited for.", "Propose the next step with a date."},
             "{name}, a home that fits what you told me has come up. Shall I hold a viewing for you this week?"}}},
      .objections = {
          {"price",
           {{"too expensive", "too much", "over budget", "out of our budget", "cannot afford", "can't afford", "cheaper", "lower price"},
            "They worry about the price: ask what they compare it with, then speak of the monthly payment and of comparable sales.",
            "I understand, {name}. May I show you what comparable homes sold for, and what the monthly payment would come to?"}},
          {"timing",
           {{"not ready", "not now", "next year", "wait until", "too soon", "in no hurry", "just looking"},
            "They hesitate about the time: ask what has to happen first, and agree on when you may call again.",
            "That makes sense, {name}. What would have to happen first, and when may I get back to you?"}},
          {"rates",
           {{"interest rate", "interest rates", "mortgage rate", "mortgage rates", "rates are"},
            "They worry about rates: offer a lender's figures for two loans, and the option to refinance.",
            "Rates are a fair concern, {name}. I can have a lender work out two options for you, without obligation."}},
          {"other_agent",
           {{"another agent", "other agent", "other realtor", "another realtor", "have an agent", "have a realtor"},
            "They work with somebody else: do not press. Ask whether they have signed, and what is missing so far.",
            "Thank you for telling me, {name}. If something is missing there, I am glad to help; may I ask whether you have signed?"}},
          {"commission",
           {{"commission", "your fee", "your fees"},
            "They ask about your fee: say what it pays for, in their money, before you speak of the figure.",
            "A fair question, {name}. Let me show you what it covers, and what sellers here kept after it."}},
          {"condition",
           {{"repairs", "too old", "needs work", "inspection", "mold", "roof"},
            "They worry about the condition: offer an inspection and two estimates before they decide.",
            "Let us have it inspected, {name}; with two estimates in hand we can ask the seller to fix it or lower the price."}}}};
}

Book sales() {
  return {
      .stages = {{"greeting",
                  {{"Ask one open question about their work before you speak of yours.", "Say why you write today."},
                   "Hello {name}, thank you for your message. What would you like to be better three months from now?"}},
                 {"discovery",
                  {{"Find the problem, its cost and who feels it; listen twice as long as you talk.", "Ask what they have tried already."},
                   "What does it cost you today, {name}, and what have you tried so far?"}},
                 {"qualification",
                  {{"Confirm budget, who decides, and the date it must be done by.", "Say openly when you are no fit."},
                   "Who decides with you, {name}, and by when should it be in place?"}},
                 {"demo",
                  {{"Show the one thing they asked for first.", "Stop after each part and ask what it would change for them."},
                   "Shall I show you exactly that, {name}? Twenty minutes on Tuesday or Wednesday would do."}},
                 {"negotiation",
                  {{"Trade, never give: a lower price for a longer term or a smaller scope.", "Let the value stand before the price."},
                   "We can come down if we start smaller, {name}. Which part do you need first?"}},
                 {"closing",
                  {{"Sum up what was agreed and ask for the decision.", "Name what happens on the first day after they sign."},
                   "We have settled scope, price and start, {name}. Shall I send the agreement today?"}},
                 {"follow_up",
                  {{"Bring something new and of use.", "Propose a date and not a question whether."},
                   "{name}, since we spoke I found an example close to yours. May I show it to you on Thursday?"}}},
      .objections = {{"price",
                      {{"too expensive", "too much", "no budget", "over budget", "cheaper", "discount", "cannot afford", "can't afford"},
                       "They speak of the price: ask what it is measured against, and set it beside what the problem costs.",
                       "I see, {name}. Compared with what? Let us set it beside what the problem costs you each month."}},
                     {"timing",
                      {{"not now", "next quarter", "next year", "no time", "too busy", "later"},
                       "They put it off: ask what changes by then, and what waiting costs.",
                       "Of course, {name}. What will have changed by then, and what does waiting cost you?"}},
                     {"authority",
                      {{"my boss", "my manager", "the board", "ask my", "not my decision"},
                       "Somebody else decides: offer to join that talk, and write the one page they need for it.",
                       "Happy to help with that, {name}. Shall I join, or write you one page for it?"}},
                     {"competitor",
                      {{"competitor", "another vendor", "other vendor", "already use", "we use"},
                       "They have or weigh another product: ask what they like and miss there, and speak well of it.",
                       "What do you like about it, {name}, and what do you miss?"}},
                     {"trust",
                      {{"not sure", "does it work", "guarantee", "references", "heard bad"},
                       "They doubt that it works: offer a reference of their size and a small trial.",
                       "Fair, {name}. May I put you in touch with a customer of your size, or start with a small trial?"}}}};
}

Book support() {
  return {.stages = {{"greeting",
                      {{"Say that you have read it, and what you do next and by when.", "Repeat the problem in their words."},
                       "Hello {name}, I have read what happened and am looking into it now."}},
                     {"diagnosis",
                      {{"Ask for one thing at a time.", "Say what you already ruled out."},
                       "To find the cause, {name}: when did it last work, and what changed since?"}},
                     {"resolution",
                      {{"Give the steps in order, each in one line.", "Say how they can tell that it worked."},
                       "Please try these steps in order, {name}, and tell me at which one it differs."}},
                     {"escalation",
                      {{"Say who takes over, what they know already, and when they write.", "Stay until the other one is there."},
                       "A colleague who knows this best takes over, {name}; you need not explain anything again."}},
                     {"closing",
                      {{"Ask whether everything works, and leave the way back open.", "Write down the cause for the next one."},
                       "Does everything work again, {name}? You can answer here at any time."}}},
          .objections = {{"refund",
                          {{"refund", "money back", "charge back", "chargeback", "overcharged"},
                           "They want their money back: say first what you can do and by when, then what you need from them.",
                           "I understand, {name}. I check at once what I can refund and come back to you today."}},
                         {"cancel",
                          {{"cancel", "unsubscribe", "close my account", "switching to"},
                           "They want to leave: ask what went wrong once, and make leaving easy.",
                           "I will see to it, {name}. May I ask what we should have done better?"}},
                         {"waiting",
                          {{"still waiting", "no answer", "no reply", "how long", "for days", "for weeks"},
                           "They have waited too long: apologise once, and name the next time you write.",
                           "I am sorry that you had to wait, {name}. You hear from me again by this evening at the latest."}},
                         {"broken",
                          {{"does not work", "doesn't work", "not working", "broken", "crashes", "error"},
                           "Something does not work: ask for the exact words on the screen and the last thing they did.",
                           "Thank you for telling us, {name}. What exactly does the screen say, and what did you do just before?"}}}};
}

std::string text_in(const atrium::Json& from, std::string_view name, std::string_view of) {
  const auto text = from[name].as_text();
  if (!from[name].exists()) return {};
  if (!text || text->size() > 2000)
    throw std::invalid_argument(std::string(of) + ": " + std::string(name) + " is no text of up to 2000 bytes");
  return *text;
}

std::vector<std::string> texts_in(const atrium::Json& from, std::string_view name, std::string_view of) {
  std::vector<std::string> texts;
  for (const atrium::Json item : from[name]) {
    const auto text = item.as_text();
    if (!text || text->empty() || texts.size() == 50)
      throw std::invalid_argument(std::string(of) + ": " + std::string(name) + " is no list of up to 50 texts");
    texts.push_back(*text);
  }
  return texts;
}

}  // namespace

Book book_from(const atrium::Json& options) {
  const std::string which = options["playbook"].as_text().value_or("real_estate");
  Book book = which == "sales" ? sales() : which == "support" ? support() : real_estate();
  for (const atrium::Json given : options["stages"]) {
    const std::string name = given.key();
    Stage stage{texts_in(given, "tips", "stages." + name), text_in(given, "reply", "stages." + name)};
    if (stage.tips.empty()) throw std::invalid_argument("stages." + name + " has no tips");
    book.stages.insert_or_assign(lower_case(name), std::move(stage));
  }
  for (const atrium::Json given : options["objections"]) {
    const std::string name = given.key(), of = "objections." + name;
    Objection objection{texts_in(given, "words", of), text_in(given, "tip", of), text_in(given, "reply", of)};
    if (objection.words.empty() || objection.tip.empty()) throw std::invalid_argument(of + " has no words or no tip");
    for (std::string& word : objection.words) word = lower_case(word);
    std::erase_if(book.objections, [&](const auto& known) { return known.first == name; });
    book.objections.emplace(book.objections.begin(), name, std::move(objection));
  }
  return book;
}
