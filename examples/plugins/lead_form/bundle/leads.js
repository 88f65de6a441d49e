"use strict";

// The page holds no data: what it shows it asks for, with the token of whoever looks at it.
async function show() {
  const state = document.getElementById("state");
  const list = document.getElementById("leads");
  list.replaceChildren();
  const answer = await fetch("api/leads", { headers: { Authorization: "Bearer " + document.getElementById("token").value } });
  if (!answer.ok) {
    state.textContent = answer.status === 401 ? "That token is not valid." : "The server answered " + answer.status + ".";
    return;
  }
  const { items } = await answer.json();
  state.textContent = items.length === 1 ? "1 lead" : items.length + " leads";
  for (const lead of items) {
    const item = document.createElement("li");
    item.textContent = lead.name + ": " + lead.wish;
    list.append(item);
  }
}

document.getElementById("show").addEventListener("click", show);
