import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inMarkdown, printable, printableJson, printableLines } from './printable.ts'

const hostile: Record<string, string> = {
  '\x1b[2J\x1b]0;title\x07': '\\x1b[2J\\x1b]0;title\\x07',
  'a\nerror: b\r\tc': 'a\\nerror: b\\r\\tc',
  '\x9b31m\x7f\x00': '\\x9b31m\\x7f\\x00',
  'gnp.\u202etxt\u202c \u2067x\u2069': 'gnp.\\u202etxt\\u202c \\u2067x\\u2069',
  'a\u200bb\u2060\ufeff\u00ad\u3164': 'a\\u200bb\\u2060\\ufeff\\xad\\u3164',
  '\u2028\u2029\u{e0041}': '\\u2028\\u2029\\u{e0041}',
  'caf\udce9': 'caf\\xe9',
  '\ud800x': '\\ud800x',
}

test('what a terminal would obey or hide is shown', () => {
  for (const [text, shown] of Object.entries(hostile)) assert.equal(printable(text), shown)
})

test('what a terminal shows is left as it is', () => {
  const plain = 'café 中文 🙂 → /usr/lib/systemd/system-systemd\\x2dcryptsetup.slice «é» a\u0301 100 %'
  assert.equal(printable(plain), plain)
})

test('of text in several lines the line breaks stay', () => {
  assert.equal(printableLines('a\n  \x1bb\rc'), 'a\n  \\x1bb\\rc')
})

test('JSON is read as what was written', () => {
  const value = Object.keys(hostile)
  for (const indent of [undefined, 2]) {
    const json = printableJson(value, indent)
    assert.deepEqual(JSON.parse(json), value)
    assert.equal(printableLines(json), json)
  }
})

test('ordinary text is no code in Markdown', () => {
  for (const text of [
    'git-core',
    '/usr/lib64/libssl.so.3',
    'python3_devel',
    '1:3.0.7-2 → 1:3.0.8-1',
    'User 65532:0',
  ])
    assert.equal(inMarkdown(text), text)
})

test('markup, links, mentions and references of others are code in Markdown', () => {
  const texts = [
    '# Approved',
    '<img src=x>',
    '&lt;',
    '[a](b)',
    '**a**',
    '/usr/lib/__init__.py',
    '@someone',
    '#12',
    'GH-12',
    'https://example.com',
    'www.example.com',
    'deadbeef1',
    '- a',
    '1. a',
    '~~a~~',
    '$a$',
    'a\\',
  ]
  for (const text of texts) assert.equal(inMarkdown(text), `\`${text}\``)
  assert.equal(inMarkdown('a\n# b'), '`a\\n# b`')
  assert.equal(inMarkdown('`a` ``b'), '``` `a` ``b ```')
  assert.equal(inMarkdown('a | b'), '`a \\| b`')
  assert.equal(inMarkdown('a \\| b'), '`a \\x5c\\| b`')
})
