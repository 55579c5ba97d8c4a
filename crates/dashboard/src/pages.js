"use strict";
// The access token lives in this page alone; the refresh token is a cookie that no script can read.

const $ = (id) => document.getElementById(id);
let access = null;

async function ask(method, path, body) {
  const headers = { "X-PromptSync": "1" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (access) headers.Authorization = "Bearer " + access;
  const response = await fetch(path, {
    method, headers, credentials: "same-origin", body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  const value = text ? JSON.parse(text) : null;
  if (!response.ok) throw new Error((value && [value.detail, value.hint].filter(Boolean).join(". ")) || "The server did not answer.");
  return value;
}

function say(text) {
  $("message").textContent = text;
  $("message").hidden = !text;
}

// Runs what a form does; its buttons rest meanwhile.
function onSubmit(form, action) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const buttons = form.querySelectorAll("button");
    buttons.forEach((button) => { button.disabled = true; });
    say("");
    try {
      await action(event.submitter);
    } catch (error) {
      say(error.message);
    }
    buttons.forEach((button) => { button.disabled = false; });
  });
}

// Two tabs that renew at the same moment would look like a stolen cookie.
function renew() {
  const once = () => ask("POST", "/api/auth/refresh", {}).then(enter, () => null);
  return navigator.locks ? navigator.locks.request("promptsync-session", once) : once();
}

function enter(signedIn) {
  access = signedIn.access_token;
  return signedIn;
}

// Only pages of our own are gone to after signing in, by name: an address from outside leads nowhere.
const NEXT = { device: "/device" };

function nextPage() {
  const wanted = new URLSearchParams(location.search).get("next");
  const page = Object.hasOwn(NEXT, wanted) ? NEXT[wanted] : "/";
  return page + (page === "/device" ? location.hash : "");
}

function goOn() {
  location.replace(nextPage());
}

// To the identity provider, with what the server wants back from there.
function goToProvider(button, path, body) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    say("");
    try {
      location.assign((await ask("POST", path, body)).location);
    } catch (error) {
      say(error.message);
      button.disabled = false;
    }
  });
}

async function signInPage() {
  const options = await ask("GET", "/api/auth/options");
  const signedIn = await renew();
  if (signedIn) {
    if (new URLSearchParams(location.search).has("next")) return goOn();
    return inside(signedIn, options);
  }
  $("first").hidden = !options.set_up_needed;
  $("password").hidden = !options.passwords || options.set_up_needed;
  $("provider").hidden = !options.provider;
  $("provider").querySelector("a").href = "/auth/oidc/start?next=" + encodeURIComponent(nextPage());
  onSubmit($("password"), async () => {
    const body = { email: $("email").value, password: $("secret").value, kind: "browser" };
    enter(await ask("POST", "/api/auth/login", body));
    goOn();
  });
}

async function inside(signedIn, options) {
  document.querySelector("h1").textContent = "PromptSync";
  $("who").textContent = signedIn.user.name;
  $("where").textContent = signedIn.workspace.name;
  $("inside").hidden = false;
  $("link").hidden = !options.provider;
  goToProvider($("link").querySelector("button"), "/api/auth/oidc/link");
  $("out").addEventListener("click", async () => {
    await ask("POST", "/api/auth/logout", {});
    location.replace("/");
  });
  for (const session of await ask("GET", "/api/auth/sessions")) {
    const item = document.createElement("li");
    const since = new Date(session.created_at).toLocaleString();
    item.textContent = (session.client || session.kind) + ", since " + since + (session.current ? " (this one)" : "");
    if (!session.current) {
      const end = document.createElement("button");
      end.type = "button";
      end.className = "quiet";
      end.textContent = "End";
      end.setAttribute("aria-label", "End the session of " + (session.client || session.kind));
      end.addEventListener("click", async () => {
        await ask("DELETE", "/api/auth/sessions/" + encodeURIComponent(session.id));
        item.remove();
      });
      item.append(end);
    }
    $("sessions").append(item);
  }
}

async function setUpPage() {
  const token = location.hash.slice(1);
  onSubmit($("form"), async () => {
    if ($("secret").value !== $("again").value) throw new Error("The two passwords differ.");
    const body = { token, email: $("email").value, name: $("name").value, password: $("secret").value, kind: "browser" };
    await ask("POST", "/api/auth/setup", body);
    location.replace("/");
  });
}

async function devicePage() {
  const signedIn = await renew();
  if (!signedIn) return location.replace("/?next=device" + location.hash);
  $("who").textContent = signedIn.user.name;
  $("code").value = decodeURIComponent(location.hash.slice(1));
  $("form").hidden = false;
  onSubmit($("form"), async (button) => {
    const decision = button && button.value === "deny" ? "deny" : "approve";
    await renew();
    await ask("POST", "/api/auth/device/decision", { user_code: $("code").value, decision });
    $("form").hidden = true;
    $("done").textContent = decision === "approve" ? "Done. The device signs in within a few seconds." : "Refused.";
    $("done").hidden = false;
  });
}

async function invitationPage() {
  const token = location.hash.slice(1);
  const options = await ask("GET", "/api/auth/options");
  const link = await ask("POST", "/api/auth/link", { token });
  const reset = link.purpose === "reset";
  $("purpose").textContent = reset
    ? "Choose a new password for " + link.email + ". Every session ends."
    : link.email + " is invited to the workspace " + link.workspace + ". "
      + (link.known ? "Enter the password you have." : "Choose a password.");
  $("named").hidden = reset || link.known;
  $("rule").hidden = link.known && !reset;
  $("form").hidden = !options.passwords;
  $("provider").hidden = !options.provider || reset;
  goToProvider($("provider").querySelector("button"), "/api/auth/oidc/invitation", { token });
  onSubmit($("form"), async () => {
    const body = { token, password: $("secret").value, kind: "browser" };
    if (reset) body.email = link.email; else body.name = $("name").value;
    await ask("POST", reset ? "/api/auth/reset" : "/api/auth/invitation", body);
    location.replace("/");
  });
}

const pages = { sign_in: signInPage, set_up: setUpPage, device: devicePage, invitation: invitationPage };
pages[document.body.dataset.page]().catch((error) => say(error.message));
