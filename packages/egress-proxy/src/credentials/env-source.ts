import { SourceFault } from './secret.ts'

/** A variable of the host process, as it is now. */
export function readVariable(name: string): Buffer {
  const value = Object.hasOwn(process.env, name) ? process.env[name] : undefined
  if (value === undefined) throw new SourceFault(`variable ${name}: it is not set`)
  return Buffer.from(value, 'utf8')
}
