// A sandbox with one way out, and the proxy by itself, behind a wall of your own.
import { ok, strictEqual } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { priceService } from './src/price-service.ts'

// Stands in for a service on the internet; without it there is no option `egress` to pass.
await using service = await priceService()
const { egress } = service
const run = promisify(execFile)

{
  // #region sandbox
  const { createSandbox } = await import('@caisson/bubblewrap')

  await using sandbox = await createSandbox({
    policy: {
      network: {
        allow: [{ host: 'prices.example.test', methods: ['GET'], paths: ['/today', '/items/*'] }],
      },
    },
    egress,
  })

  // curl is told of the proxy by variables; a program that ignores them gets out all the same.
  const { stdout } = await sandbox.exec('curl -sS https://prices.example.test/today')

  // Everything else is refused before a byte of it leaves, and the result says what and why.
  const { denials } = await sandbox.exec(
    'curl -sS -T /etc/passwd https://prices.example.test/today; curl -sS https://elsewhere.example.test/',
  )
  for (const { target, message } of denials) console.log(target, '-', message)
  // #endregion
  strictEqual(stdout, 'a round is 12.50')
  strictEqual(denials.filter(({ source }) => source === 'proxy').length, 2)
  strictEqual(service.seen.join(), 'GET /today')
}

{
  // #region standalone
  const { createEgressProxy } = await import('@caisson/egress-proxy')

  await using proxy = await createEgressProxy({
    policy: { network: { allow: ['prices.example.test'] } },
    ...egress,
  })
  proxy.on('decision', ({ verdict, host, code }) => console.log(verdict, host, code ?? ''))

  // On loopback, for whoever has the token: it is in the URL.
  const { url } = await proxy.listen()
  // #endregion
  const { mkdtemp, rm, writeFile } = await import('node:fs/promises')
  const folder = await mkdtemp('/tmp/caisson-example-')
  try {
    await writeFile(`${folder}/ca.pem`, proxy.certificate)
    const asked = ['-sS', '--cacert', `${folder}/ca.pem`, 'https://prices.example.test/today']
    const { stdout } = await run('curl', asked, { env: { HTTPS_PROXY: url } })
    strictEqual(stdout, 'a round is 12.50')
    const uninvited = run('curl', asked, { env: { HTTPS_PROXY: url.replace(/:[^:@/]*@/, ':no@') } })
    ok(await uninvited.then(() => false).catch(() => true), 'a wrong token lets nobody in')
  } finally {
    await rm(folder, { recursive: true })
  }
}
