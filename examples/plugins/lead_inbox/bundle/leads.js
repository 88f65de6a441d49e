// The server's policy forbids scripts within the page: hence a file.
const answer = await fetch("api/leads");
const list = document.getElementById("leads");
for (const lead of (await answer.json()).items) {
  const item = document.createElement("li");
  item.textContent = lead.name ?? "A lead without a name";
  list.append(item);
}
