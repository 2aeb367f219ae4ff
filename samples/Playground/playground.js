"use strict";

// Buttons that copy are of no use without this script, so it shows them.
const main = () => document.querySelector("main");
const showButtons = () => main().querySelectorAll("button[hidden]").forEach(button => button.hidden = false);
showButtons();

document.addEventListener("click", async event => {
  const button = event.target.closest(".commands button");
  if (!button) {
    return;
  }

  const command = button.closest("li").querySelector("pre");
  button.textContent = await copy(command) ? "Copied" : "Selected";
  document.getElementById("news").textContent = `${button.textContent}: ${command.textContent}`;
  setTimeout(() => button.textContent = "Copy", 2000);
});

// Without https, browsers have a clipboard on localhost only; elsewhere what is selected is one key away from it.
async function copy(command) {
  try {
    await navigator.clipboard.writeText(command.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(command);
    return false;
  }
}

// Whoever comes back from the shell sees what has become of it, and the newest ids.
document.addEventListener("visibilitychange", async () => {
  if (document.visibilityState !== "visible") {
    return;
  }

  try {
    const page = new DOMParser().parseFromString(await (await fetch(location.pathname)).text(), "text/html");
    main().replaceWith(page.querySelector("main"));
    showButtons();
  } catch {
    // The process is away: what is shown stays.
  }
});
