// Imported first by examples that speak of `./my-project`: makes one in a temporary folder, goes there,
// and removes it when the program ends.
import { smallProject } from './small-project.ts'

const folder = smallProject()
process.chdir(folder.path)
process.on('exit', () => folder[Symbol.dispose]())
