import { z } from 'zod'

/** Text without NUL, which no path, argument or variable of a system can hold. */
export function text(maxLength: number): z.ZodString {
  return z
    .string()
    .min(1, 'must not be empty')
    .max(maxLength, `must not be longer than ${maxLength} characters`)
    .refine((value) => !value.includes('\0'), 'may not contain NUL')
}

/** A whole number between bounds, both included. */
export function whole(min: number, max: number): z.ZodNumber {
  const message = `must be a whole number from ${min} to ${max}`
  return z.int(message).min(min, message).max(max, message)
}

/** The name of an environment variable, as the shell knows it (POSIX.1-2017, 3.235 Name). */
export const variableName: z.ZodString = z
  .string()
  .max(256, 'must not be longer than 256 characters')
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
    error: 'is no name for a variable; use letters, digits and `_`, not starting with a digit',
  })
