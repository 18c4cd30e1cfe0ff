import { expect } from 'chai'
import { EitherForm } from './either-form.ts'
import { scenes } from './scenes.ts'

describe('a proxy in the host’s process and one of its own', function () {
  this.timeout(60_000)

  for (const { title, wanted = {}, play, seen } of scenes) {
    it(`${title}, alike`, async () => {
      const closeMs = wanted.audit === undefined ? {} : { audit: { ...wanted.audit, closeMs: 50 } }
      const told: unknown[] = []
      for (const isolate of ['none', 'process'] as const) {
        await using form = await EitherForm.open(isolate, { ...wanted, ...closeMs })
        expect(await play(form), isolate).to.deep.equal(seen)
        // A client hears of a refusal after the host did, so all of it is there already.
        const denied = form.told.filter(({ verdict }) => verdict === 'deny')
        expect(denied.length > 0, isolate).to.equal(seen.some((one) => /^\d+ [a-z]/.test(one)))
        await form.proxy.close()
        told.push(form.told)
      }
      expect(told[1]).to.deep.equal(told[0])
    })
  }
})
