// The pages in a real browser: the first user is set up, signs out and in, lets a device in, invites somebody. A page
// that complains, asks another server for something, breaks its policy or keeps somebody out fails.
//
// Reads PROMPTSYNC_URL, SET_UP (the link that `promptsync serve` printed) and CHROMIUM (the program). Prints one line a
// page that was looked at; what is wrong goes to standard error, with exit code 1.

import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

import { chromium } from 'playwright-core';

const { PROMPTSYNC_URL: url, SET_UP: setUp, CHROMIUM: executablePath } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const email = 'olga@example.com';
const password = 'correct horse battery';
const wrong = [];

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

/** A browser of somebody's own. A refused request is expected to be told to people, not to the console, once. */
async function person() {
  const context = await browser.newContext();
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      console.error('POLICY ' + event.violatedDirective + ' ' + event.blockedURI);
    });
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', (message) => {
    const isRefusal = message.text().startsWith('Failed to load resource: the server responded with a status of 4');
    if (['error', 'warning'].includes(message.type()) && !isRefusal) wrong.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => wrong.push(`script: ${error}`));
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== url) wrong.push(`foreign request: ${request.url()}`);
  });
  page.on('dialog', (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  return page;
}

/** Judges what stands on the page now. */
async function look(page, name) {
  // The policy forbids scripts from elsewhere; the debugger's evaluation is not held by it.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  for (const { id, impact, nodes } of violations) {
    const said = `${name}: ${id} (${impact}): ${nodes.map((node) => node.target.join(' ')).join(', ')}`;
    if (['serious', 'critical'].includes(impact)) wrong.push(`accessibility: ${said}`);
    else console.log(`note  ${said}`);
  }
  console.log(`ok  ${name}`);
}

async function expect(page, selector, text) {
  const found = page.locator(selector, { hasText: text });
  await found.waitFor({ state: 'visible' });
}

/** Asks the server as a program does. */
async function ask(method, path, body, token) {
  const headers = { 'content-type': 'application/json' };
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch(url + path, { method, headers, body: JSON.stringify(body) });
  const value = await answer.json();
  if (!answer.ok) throw new Error(`${path}: ${JSON.stringify(value)}`);
  return value;
}

async function signIn(page, who, secret) {
  await page.goto(url);
  await page.fill('#email', who);
  await page.fill('#secret', secret);
  await page.click('#password button');
}

async function tour() {
  const olga = await person();
  await olga.goto(url);
  await expect(olga, '#first', 'Nobody can sign in here yet');
  await look(olga, 'sign in, before anybody exists');

  await olga.goto(setUp);
  await look(olga, 'set up');
  await olga.fill('#email', email);
  await olga.fill('#name', 'Olga <script>alert(1)</script>');
  await olga.fill('#secret', password);
  await olga.fill('#again', 'something else');
  await olga.click('#form button');
  await expect(olga, '#message', 'The two passwords differ.');
  await look(olga, 'set up, refused');
  await olga.fill('#again', password);
  await olga.click('#form button');
  await expect(olga, '#who', 'Olga <script>alert(1)</script>');
  await look(olga, 'inside');

  await olga.click('#out');
  await olga.locator('#password').waitFor({ state: 'visible' });
  await look(olga, 'sign in');
  await signIn(olga, email, 'not the password');
  await olga.locator('#message').waitFor({ state: 'visible' });
  await look(olga, 'sign in, refused');
  await signIn(olga, email, password);
  await expect(olga, '#who', 'Olga');

  const codes = await ask('POST', '/api/auth/device', {});
  const code = new URL(codes.verification_uri_complete).hash;
  // Whoever is not signed in comes back to the code after signing in.
  const stranger = await person();
  await stranger.goto(`${url}/device${code}`);
  await stranger.locator('#password').waitFor({ state: 'visible' });
  await stranger.fill('#email', email);
  await stranger.fill('#secret', password);
  await stranger.click('#password button');
  await expect(stranger, '#form', 'Enter the code that the device shows');
  await look(stranger, 'device');
  await stranger.click('button[value=approve]');
  await expect(stranger, '#done', 'Done.');
  await look(stranger, 'device, approved');
  const device = await ask('POST', '/api/auth/token', { device_code: codes.device_code });

  const invited = { email: 'ann@example.com', role: 'viewer' };
  const invitation = await ask('POST', '/api/invitations', invited, device.access_token);
  const ann = await person();
  await ann.goto(invitation.link);
  await expect(ann, '#purpose', 'ann@example.com is invited');
  await look(ann, 'invitation');
  await ann.fill('#name', 'Ann');
  await ann.fill('#secret', password);
  await ann.click('#form button');
  await expect(ann, '#who', 'Ann');

  const again = await person();
  await again.goto(invitation.link);
  await again.locator('#message').waitFor({ state: 'visible' });
  await look(again, 'invitation, used');

  // Where to go next is one of our own pages or the front page, whatever the address says.
  await ann.goto(`${url}/?next=//evil.example`);
  await expect(ann, 'h1', 'PromptSync');
  if (new URL(ann.url()).origin !== url) wrong.push(`it went to ${ann.url()}`);
}

try {
  await tour();
} catch (error) {
  wrong.push(String(error.stack));
}
await browser.close();
for (const line of wrong) console.error(line);
process.exitCode = wrong.length ? 1 : 0;
