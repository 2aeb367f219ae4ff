"use strict";

// What the page knows of each order, by uuid. The server sends an order whenever it changes; after a lost connection the browser
// says which change it saw last, and gets those that came since.
const orders = new Map();
const shownAtMost = 100;
const words = { placed: "placed", stock_reserved: "stock reserved", paid: "paid", cancelled: "cancelled" };
let caughtUp = false;
const byId = id => document.getElementById(id);

follow();
byId("form").addEventListener("submit", event => {
  event.preventDefault();
  place();
});
byId("reset").addEventListener("click", beginAnew);

function follow() {
  const source = new EventSource("changes");
  source.addEventListener("open", () => connection("live", "Live"));
  source.addEventListener("error", () => {
    connection("connecting", "Connection lost, trying again");
    // The browser itself tries again unless the server answered with an error.
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(follow, 2000);
    }
  });
  source.addEventListener("order", event => show(JSON.parse(event.data)));
  source.addEventListener("ping", () => caughtUp = true);
}

function connection(state, text) {
  const element = byId("connection");
  element.dataset.state = state;
  element.textContent = text;
}

function show(order) {
  const before = orders.get(order.uuid);
  const element = before?.element ?? newElement();
  orders.set(order.uuid, { order, element });
  fill(element, order);
  if (!before) {
    byId("orders").prepend(element);
  }

  if (orders.size > shownAtMost) {
    const [oldest, { element: last }] = orders.entries().next().value;
    last.remove();
    orders.delete(oldest);
  }

  count();
  if (caughtUp && isEnd(order) && !(before && isEnd(before.order))) {
    byId("news").textContent = `Order of ${order.quantity} ${order.item} for ${order.user}: ${words[order.status]}.`;
  }
}

const isEnd = order => order.status === "paid" || order.status === "cancelled";
const isStuck = order => order.flow?.status === "stuck";

function newElement() {
  return byId("order").content.firstElementChild.cloneNode(true);
}

function fill(element, order) {
  element.dataset.status = order.status;
  element.dataset.uuid = order.uuid;
  element.toggleAttribute("data-stuck", isStuck(order));
  text(element, ".what", `${order.quantity} ${order.item} for ${order.user}`);
  text(element, ".badge", isStuck(order) ? "stuck" : order.reason && !isEnd(order) ? "being cancelled" : words[order.status]);
  const total = order.total_invoice === null ? "" : `, invoice ${amount(order.total_invoice)}`;
  text(element, ".meta", `${new Date(order.placed).toLocaleTimeString()}, ${order.uuid}${total}`);
  text(element, ".reason", isStuck(order) ? order.flow.reason : order.reason ?? "");
  element.querySelector(".history").replaceChildren(...order.history.map(entry => {
    const item = document.createElement("li");
    item.textContent = entry.event;
    item.title = `${entry.by}, ${new Date(entry.at).toLocaleTimeString()}`;
    return item;
  }));
  element.classList.remove("changed");
  if (caughtUp) {
    void element.offsetWidth; // Lets the animation begin again.
    element.classList.add("changed");
  }
}

function text(element, selector, value) {
  element.querySelector(selector).textContent = value;
}

const amount = value => value.toLocaleString(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

function count() {
  const all = [...orders.values()].map(o => o.order);
  byId("count-paid").textContent = all.filter(o => o.status === "paid").length;
  byId("count-cancelled").textContent = all.filter(o => o.status === "cancelled").length;
  byId("count-stuck").textContent = all.filter(isStuck).length;
  byId("count-running").textContent = all.filter(o => !isEnd(o) && !isStuck(o)).length;
  byId("empty").hidden = all.length > 0;
}

// The key makes a repeat harmless: it is kept until an answer came, so that a second click after a lost answer places nothing twice.
let pending = null;

async function place() {
  const body = JSON.stringify({
    item: byId("item").value.trim(),
    quantity: quantity(),
    user: byId("user").value.trim(),
    ...(byId("payment-error").checked ? { "payment-error": true } : {}),
  });
  if (pending?.body !== body) {
    pending = { body, key: newKey() };
  }

  const button = document.querySelector("#form button");
  button.disabled = true;
  try {
    const response = await fetch("order", { method: "POST", headers: { "Content-Type": "application/json", "Idempotency-Key": pending.key }, body });
    const answer = await response.json();
    markErrors(answer.errors ?? {});
    if (response.status < 500) {
      pending = null;
    }

    byId("answer").textContent = response.ok ? `Order ${answer.uuid} is placed.` : answer.title;
  } catch {
    byId("answer").textContent = "No answer came. Place it again: it will not be placed twice.";
  } finally {
    button.disabled = false;
  }
}

// What is not a number is sent as it was typed; the server says what is wrong with it.
function quantity() {
  const typed = byId("quantity").value.trim();
  return typed !== "" && Number.isFinite(Number(typed)) ? Number(typed) : typed;
}

// Not crypto.randomUUID: that needs https anywhere but on localhost.
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, "0")).join("");
}

function markErrors(errors) {
  for (const field of ["item", "quantity", "user"]) {
    const messages = errors[field];
    byId(field).setAttribute("aria-invalid", messages ? "true" : "false");
    byId(`${field}-error`).textContent = messages?.join(" ") ?? "";
  }

  document.querySelector("#form [aria-invalid=true]")?.focus();
}

async function beginAnew() {
  const answer = byId("reset-answer");
  answer.textContent = "Asking every service";
  byId("reset").disabled = true;
  try {
    const response = await fetch("data-init", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
    answer.textContent = response.ok ? "Done." : (await response.json()).title;
  } catch {
    answer.textContent = "No answer came. Try again.";
  } finally {
    byId("reset").disabled = false;
  }
}
