/**
 * The program of a thread, which lies beside the file that starts it: TypeScript in tests, JavaScript in the build.
 * @param name without its ending
 * @param starter `import.meta.url` of the file that starts it
 */
export function threadEntry(name: string, starter: string): URL {
  return new URL(`./${name}${starter.endsWith('.ts') ? '.ts' : '.js'}`, starter);
}
