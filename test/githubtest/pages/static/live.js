// Loads the page again when the repository has changed, unless somebody types.
"use strict";
const body = document.body;
async function look() {
  try {
    const answer = await fetch(body.dataset.version);
    const typing = [...document.querySelectorAll("textarea")].some(t => t.value || t === document.activeElement);
    if (answer.ok && (await answer.text()) !== body.dataset.current && !typing) {
      location.reload();
      return;
    }
  } catch { /* the server is away; look again */ }
  setTimeout(look, 1500);
}
if (body.dataset.version) setTimeout(look, 1500);
document.querySelector("select[name=as]")?.addEventListener("change", e => e.target.form.submit());
