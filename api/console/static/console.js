// Pages that carry data-live are asked for again every so many seconds, and
// their main part is put in place of the old one, unless somebody is typing.
"use strict";
(function () {
  let main = document.getElementById("main");
  const seconds = Number(main.dataset.live);
  if (!seconds) return;
  const state = document.querySelector("[data-live-state]");
  const say = (words) => { if (state) state.textContent = words; };
  const busy = () => document.hidden || main.contains(document.activeElement) && /^(INPUT|SELECT|TEXTAREA|BUTTON)$/.test(document.activeElement.tagName);
  const filled = () => Array.from(main.querySelectorAll("form[method=post] input:not([type=hidden])")).some((i) => i.value !== i.defaultValue);
  async function again(wait) {
    await new Promise((done) => setTimeout(done, wait * 1000));
    let next = wait;
    try {
      if (!busy() && !filled()) {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
        if (answer.redirected) { location.reload(); return; }
        if (answer.ok) {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
          if (page) {
            next = Number(page.dataset.live);
            main.replaceWith(page);
            main = page;
            say("refreshed " + new Date().toLocaleTimeString());
          }
        }
      }
    } catch (e) { say("the gateway does not answer; trying again"); }
    if (next) again(next);
  }
  again(seconds);
})();
