/** A path of ours, else the list: nobody is sent elsewhere by a link to us. */
export function localPath(path: string): string {
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(path) ? path : '/';
}
