// Keys that stay outside: what programs inside hold instead, what is refused, and what is told.
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { AllowRule, EgressAlarm } from '@caisson/core'
import { priceService } from './src/price-service.ts'

// Stands in for a service on the internet; without it there is no option `egress` to pass.
await using service = await priceService()
const { egress } = service
const run = promisify(execFile)

const firstKey = 'made-up-price-key-1111111111'
const secondKey = 'made-up-price-key-2222222222'
process.env['PRICES_KEY'] = firstKey

{
  // #region credential
  const { createSandbox } = await import('@caisson/bubblewrap')

  await using sandbox = await createSandbox({
    policy: {
      credentials: {
        prices: {
          source: { env: 'PRICES_KEY' },
          carrier: { header: 'x-api-key' },
          expose: 'PRICES_KEY',
        },
      },
      network: {
        allow: [{ host: 'prices.example.test', paths: ['/today', '/mirror'], identity: 'prices' }],
      },
    },
    egress,
  })
  sandbox.on('alarm', ({ alarm }) => console.log(alarm.kind, '-', alarm.message))

  // Inside, PRICES_KEY is a dummy. Whether a program sends it or nothing, the proxy sends the key.
  await sandbox.exec(
    'curl -sS -H "x-api-key: $PRICES_KEY" https://prices.example.test/today; curl -sS https://prices.example.test/today',
  )

  // A service that repeats the key shows nothing: as many characters, and none of them.
  const { stdout } = await sandbox.exec('curl -sS https://prices.example.test/mirror')
  console.log(stdout)

  // A key of somebody else is refused, told to the command, and told to whoever watches.
  const { denials } = await sandbox.exec(
    'curl -sS -H "x-api-key: somebody-elses-key" https://prices.example.test/today',
  )
  for (const { message } of denials) console.log(message)
  // #endregion

  deepStrictEqual(service.keys, [firstKey, firstKey, firstKey])
  strictEqual(stdout.length, `your key is ${firstKey}`.length)
  ok(stdout.startsWith('your key is [redacted:prices]'), stdout)
  strictEqual(denials.filter(({ source }) => source === 'proxy').length, 1)
  const inside = await sandbox.exec('env; cat /proc/*/environ')
  ok(!inside.stdout.includes(firstKey))

  process.env['PRICES_KEY'] = secondKey
  // #region life
  // The key was changed where it comes from: have it anew before it is used again.
  await sandbox.credentials.rotate('prices')
  await sandbox.exec('curl -sS https://prices.example.test/today')

  // Taken away for good. No update of the policy brings it back.
  await sandbox.credentials.revoke('prices')
  const { denials: after } = await sandbox.exec('curl -sS https://prices.example.test/today')
  // #endregion

  strictEqual(service.keys.at(-1), secondKey)
  strictEqual(service.keys.length, 4)
  strictEqual(after.length, 1)
}

{
  process.env['PRICES_KEY'] = firstKey
  const alarms: EgressAlarm[] = []
  // #region standalone
  const { createEgressProxy } = await import('@caisson/egress-proxy')

  await using proxy = await createEgressProxy({
    policy: {
      credentials: {
        prices: {
          source: { provider: 'vault' },
          carrier: { header: 'x-api-key' },
          expose: 'PRICES_KEY',
        },
      },
      network: {
        allow: [{ host: 'prices.example.test', paths: ['/today'], identity: 'prices' }],
        canaries: { bait: { expose: 'BACKUP_TOKEN', like: 'github-token' } },
      },
    },
    // A function of yours hands out the secret when it is needed, and says until when it holds.
    providers: {
      vault: ({ credential }) => ({ value: keyOf(credential), expiresAt: Date.now() + 600_000 }),
    },
    onAlarm: (alarm) => alarms.push(alarm),
    ...egress,
  })
  const { url } = await proxy.listen()

  // What programs behind the proxy get beside it: the dummy and the canary. No secret is in it.
  const { BACKUP_TOKEN = '', ...dummies } = proxy.environment
  // #endregion

  const folder = await mkdtemp('/tmp/caisson-example-')
  try {
    await writeFile(`${folder}/ca.pem`, proxy.certificate)
    const env = { ...dummies, HTTPS_PROXY: url, CURL_CA_BUNDLE: `${folder}/ca.pem` }
    const ask = (path: string) =>
      run('curl', ['-sS', `https://prices.example.test${path}`], { env })
    strictEqual((await ask('/today')).stdout, 'a round is 12.50')
    strictEqual(service.keys.at(-1), firstKey)
    const coded = Buffer.from(BACKUP_TOKEN).toString('base64url')
    ok((await ask(`/today?note=${coded}`)).stdout.includes('canary_found'))
    deepStrictEqual(
      alarms.map(({ kind, about }) => [kind, about]),
      [['canary_found', 'bait']],
    )
  } finally {
    await rm(folder, { recursive: true })
  }
}

{
  const { createEgressProxy } = await import('@caisson/egress-proxy')
  const credentials = {
    prices: { source: { env: 'PRICES_KEY' }, carrier: { header: 'x-api-key' } },
  }
  // #region body
  const order: AllowRule = {
    host: 'prices.example.test',
    methods: ['POST'],
    paths: ['/orders'],
    identity: 'prices',
    // Set by the proxy; a client's own is never passed on.
    tenant: { 'x-tenant': 'acme' },
    body: {
      json: {
        // No other keys at the top. What no condition is about may be anything: `item` here.
        keys: ['item', 'count', 'notify'],
        where: [
          { at: '/count', oneOf: [1, 2, 3], required: true },
          { at: '/notify', urlHosts: ['hooks.example.test'] },
        ],
      },
      maxBytes: 4096,
    },
  }
  // #endregion

  await using proxy = await createEgressProxy({
    policy: { credentials, network: { allow: [order] } },
    ...egress,
  })
  const { url } = await proxy.listen()
  const folder = await mkdtemp('/tmp/caisson-example-')
  try {
    await writeFile(`${folder}/ca.pem`, proxy.certificate)
    const env = { HTTPS_PROXY: url, CURL_CA_BUNDLE: `${folder}/ca.pem` }
    const json = ['-H', 'content-type: application/json', 'https://prices.example.test/orders']
    const send = async (body: string) =>
      (await run('curl', ['-sS', '-d', body, ...json], { env })).stdout
    strictEqual(await send('{"item":"round","count":2}'), 'a round is 12.50')
    ok((await send('{"item":"round","count":2,"to":"me"}')).includes('body_not_allowed'))
    ok((await send('{"count":1,"notify":"https://elsewhere.test/"}')).includes('body_not_allowed'))
    ok((await send('{"count":1,"count":9}')).includes('body_unreadable'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Stands in for whatever keeps secrets. */
function keyOf(credential: string): string {
  return credential === 'prices' ? firstKey : ''
}
