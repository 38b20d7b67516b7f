import { breaks, challenge, drips, endless, redirect, silent, stalls } from '../testing/hostile-answers.ts'
import { type Row, testOneLine } from '../testing/one-line.ts'
import { json, sends, smallImage, wantsToken } from '../testing/scripted-registry.ts'

const image = smallImage()
const challenges = (
  [
    ['without a realm', 'Bearer service="s"', /does not say where to get one: no realm/],
    ['with an empty realm', 'Bearer realm=""', /no realm/],
    ['of no known kind', 'Negotiate', /asks for a login by negotiate: Basic and Bearer are known/],
    ['of nonsense', '"""', /asks for a login, and does not say which/],
    [
      'with a realm that is no address',
      'Bearer realm="here"',
      /says that here hands out its tokens, which is no address/,
    ],
    [
      'with a realm over http elsewhere',
      'Bearer realm="http://example.com/t"',
      /http:\/\/example\.com\/t hands out its tokens, but only https/,
    ],
    ['with a realm of a file', 'Bearer realm="file:///etc/passwd"', /only https is used/],
    [
      'with a realm that holds a login',
      'Bearer realm="http://u:secret@127.0.0.1/"',
      /the realm of its tokens holds a login/,
    ],
    ['with a dead realm', 'Bearer realm="http://127.0.0.1:1/"', /127\.0\.0\.1:1 does not answer: /],
    ['for a password', 'Basic realm="x"', /lets nobody read x without a login.*'docker login /],
  ] as const
).map(([what, header, message]): Row => [`a challenge ${what}`, { first: challenge(header) }, message])

const tokens = (
  [
    ['not JSON', sends(200, 'x'), /sent a token that is not JSON/],
    ['null', json(null), /JSON without a token/],
    ['a number', json({ token: 7 }), /JSON without a token/],
    ['none', json({ access: 'x' }), /JSON without a token/],
    ['an empty one', json({ token: '' }), /JSON without a token/],
    ['a new line', json({ token: 'a\r\nx-evil: 1' }), /JSON without a token/],
    ['no ASCII', json({ token: 'ä' }), /JSON without a token/],
    ['endless', endless, /the token of 127\S+ has more than 1048576 bytes/],
    ['silence', silent, /no word in 0\.15 s/],
    ['a stall', stalls, /no word in 0\.15 s/],
    ['drips', drips, /sends no more than/],
    ['cut short', breaks, /does not answer/],
    ['500', sends(500), /which hands out tokens for 127\S+, answers 500/],
    ['401', sends(401), /lets nobody read x without a login/],
    ['404', sends(404), /hands out no token: 127\S+ answers 404/],
    ['a redirect to http', redirect('http://example.com/'), /only https is followed/],
    ['what is not taken', json({ token: 'bad' }), /lets nobody read x without a login/],
    [
      'what is not taken any more',
      json({ token: 'bad', expires_in: 0.001 }),
      /lets nobody read x without a login/,
    ],
  ] as const
).map(([what, token, message]): Row => [`a token: ${what}`, { first: wantsToken(), token }, message])

testOneLine('who hands out tokens:', image, [...challenges, ...tokens])
