import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A folder that is the whole `PATH`, and a home, for one test. */
export class FakeTools {
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'caisson-tools-'))

  /** A program that runs lines of `sh`. */
  script(name: string, ...lines: readonly string[]): this {
    const file = join(this.#folder, name)
    writeFileSync(file, `#!/bin/sh\n${lines.join('\n')}\n`)
    chmodSync(file, 0o755)
    return this
  }

  /** A program that prints a text, whatever it is asked. */
  prints(name: string, text: string): this {
    return this.script(name, `printf '%s\\n' '${text.replaceAll("'", `'\\''`)}'`)
  }

  file(name: string, text: string): this {
    const file = join(this.#folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
    return this
  }

  get folder(): string {
    return this.#folder
  }

  environment(more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
    return { PATH: this.#folder, HOME: this.#folder, ...more }
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** What a promise is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise
  } catch (error) {
    if (error instanceof Error) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
