// Looks at the pages of the KoKo at KOKO_URL with the browser at KOKO_CHROMIUM. With SHOTS, it also
// leaves a picture of each page in that folder.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'

const koko = process.env.KOKO_URL
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const password = 'koko-demo'

let browser
before(async () => {
  assert.ok(koko, 'KOKO_URL is missing')
  browser = await chromium.launch({
    executablePath: process.env.KOKO_CHROMIUM || '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
})
after(() => browser?.close())

// withPage opens a page of a fresh browser profile and notes what goes wrong in it: a page of ours
// loads nothing from elsewhere and breaks no policy of its own.
async function withPage(options, look) {
  const context = await browser.newContext({ locale: 'de-DE', ...options })
  const page = await context.newPage()
  const wrong = []
  page.on('console', m => m.type() === 'error' && wrong.push(m.text()))
  page.on('pageerror', e => wrong.push(e.message))
  page.on('requestfailed', r => wrong.push(`${r.url()}: ${r.failure()?.errorText}`))
  page.on('request', r => new URL(r.url()).hostname === '127.0.0.1' || wrong.push(`from elsewhere: ${r.url()}`))
  try {
    await look(page)
  } finally {
    await context.close()
  }
  return wrong
}

// check runs axe, put into the page past its policy, and shows the page at the width of a phone without scrolling sideways (WCAG 1.4.10).
async function check(page, name) {
  await page.evaluate(`${axe};0`)
  const found = await page.evaluate(values => axe.run({ runOnly: { type: 'tag', values } }), rules)
  assert.ok(found.passes.length > 5, 'axe looked at the page')
  assert.deepEqual(found.violations.map(v => `${v.id}: ${v.nodes.length} times, such as ${v.nodes[0].target}`), [], name)
  await shot(page, name)
  const { width, height } = page.viewportSize()
  await page.setViewportSize({ width: 320, height: 640 })
  const sideways = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
  await shot(page, `${name}-narrow`)
  assert.equal(sideways, 0, `${name} scrolls sideways at 320 pixels`)
  await page.setViewportSize({ width, height })
}

async function shot(page, name) {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` })
}

async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key)
}

// focused describes what the keyboard is on, and whether a person can see that it is.
function focused(page) {
  return page.evaluate(`(() => {
    const e = document.activeElement, s = getComputedStyle(e)
    return { what: e.textContent.trim() || e.id, seen: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 }
  })()`)
}

// tabTo presses Tab until the keyboard is on what is called so.
async function tabTo(page, what) {
  for (let i = 0; i < 60; i++) {
    await press(page, 'Tab')
    const at = await focused(page)
    if (at.what !== what) continue
    assert.ok(at.seen, `the focus on ${what} can be seen`)
    return
  }
  assert.fail(`Tab never reaches ${what}`)
}

test('the start page in German', async () => {
  const wrong = await withPage({}, async page => {
    await page.goto(koko)
    assert.equal(await page.getAttribute('html', 'lang'), 'de')
    await check(page, 'start-de')
  })
  assert.deepEqual(wrong, [])
})

test('the start page in English', async () => {
  const wrong = await withPage({ locale: 'en-GB' }, async page => {
    await page.goto(koko)
    assert.equal(await page.getAttribute('html', 'lang'), 'en')
    await check(page, 'start-en')
    await page.getByRole('link', { name: 'Deutsch' }).click()
    assert.equal(await page.getAttribute('html', 'lang'), 'de')
  })
  assert.deepEqual(wrong, [])
})

test('the API reference', async () => {
  const wrong = await withPage({}, async page => {
    await page.goto(`${koko}/api/docs`)
    await check(page, 'reference')
    const dead = await page.evaluate(`[...document.querySelectorAll('a[href^="#"]')].map(a => a.hash).filter(h => !document.getElementById(h.slice(1)))`)
    assert.deepEqual(dead, [], 'every link within the page leads somewhere')
    await page.getByRole('link', { name: 'record-analysis' }).click()
    await shot(page, 'reference-operation')
  })
  assert.deepEqual(wrong, [])
})

test('the form for certificates, in both languages and after an unknown code', async () => {
  const wrong = await withPage({}, async page => {
    for (const lang of ['de', 'en']) {
      await page.goto(`${koko}/verify?lang=${lang}`)
      await check(page, `verify-${lang}`)
      await page.fill('#code', 'AAAA-BBBB-CCCC-DDDD')
      await press(page, 'Enter')
      await page.getByRole('alert').waitFor()
      await check(page, `verify-unknown-${lang}`)
      await page.fill('#credential', 'eyJ')
      await page.locator('form[method=post] button').click()
      await page.getByRole('alert').waitFor()
      await check(page, `verify-refused-${lang}`)
    }
  })
  assert.deepEqual(wrong.filter(w => !w.includes('404') && !w.includes('422')), [])
})

test('the page of a certificate, valid and revoked', async () => {
  const wrong = await withPage({}, async page => {
    for (const lang of ['de', 'en']) {
      await page.goto(`${koko}/verify/${process.env.KOKO_VALID}?lang=${lang}`)
      await check(page, `certificate-${lang}`)
      await page.goto(`${koko}/verify/${process.env.KOKO_REVOKED}?lang=${lang}`)
      await page.getByText(lang === 'de' ? 'Widerrufen.' : 'Revoked.').waitFor()
      await check(page, `certificate-revoked-${lang}`)
    }
    await page.getByRole('link', { name: 'Deutsch' }).click()
    await page.getByText('Widerrufen.').waitFor()
  })
  assert.deepEqual(wrong, [])
})

test('the skip link leads past the navigation', async () => {
  await withPage({}, async page => {
    await page.goto(`${koko}/api/docs`)
    await press(page, 'Tab')
    await shot(page, 'skip')
    assert.deepEqual(await focused(page), { what: 'Skip to content', seen: true })
    await press(page, 'Enter')
    assert.equal(await page.evaluate('document.activeElement.id'), 'main')
  })
})

test('the login page, also after a wrong password', async () => {
  const wrong = await withPage({}, async page => {
    await page.goto(`${koko}/auth/login`)
    await check(page, 'login')
    await page.locator('summary').click()
    await check(page, 'login-users')
    await page.fill('#login', 'clearing.musterhausen')
    await page.fill('#password', 'wrong')
    await page.getByRole('button', { name: 'Anmelden' }).click()
    await page.getByRole('alert').waitFor()
    await check(page, 'login-wrong')
    assert.match(await page.title(), /^Fehler/)
  })
  assert.deepEqual(wrong.filter(w => !w.includes('422')), [])
})

test('the page about a login that has expired', async () => {
  await withPage({}, async page => {
    const answer = await page.goto(`${koko}/auth/callback?state=unknown`)
    assert.equal(answer.status(), 400)
    await check(page, 'failure')
  })
})

test('logging in and out with the keyboard alone', async () => {
  const wrong = await withPage({}, async page => {
    await page.goto(koko)
    await tabTo(page, 'Anmelden')
    await Promise.all([page.waitForURL(/\/oidc\/login/), press(page, 'Enter')])
    assert.equal((await focused(page)).what, 'login', 'the login begins where one types')
    await page.keyboard.type('supervisor.musterhausen')
    await press(page, 'Tab')
    await page.keyboard.type(password)
    await Promise.all([page.waitForURL(`${koko}/`), press(page, 'Enter')])
    await page.getByText('Agnieszka Wronkowa').waitFor()
    await check(page, 'start-logged-in')
    await page.goto(koko)
    await tabTo(page, 'Abmelden')
    await press(page, 'Enter')
    await page.getByRole('link', { name: 'Anmelden' }).waitFor()
    assert.equal(page.url(), `${koko}/`)
  })
  assert.deepEqual(wrong, [])
})
