import { splitWords } from '../../../src/classify/words.ts';

const texts = (text: string) => splitWords(text).map((word) => word.text);

describe('splitting a text into words', () => {
  it.each([
    ['KubePodCrashLooping', ['kube', 'pod', 'crash', 'looping']],
    ['node_disk_io_time', ['node', 'disk', 'io', 'time']],
    ['nginx-ingress.down', ['nginx', 'ingress', 'down']],
    ['HTTPProbeFailed', ['http', 'probe', 'failed']],
    ['Http5xxRate', ['http', '5xx', 'rate']],
    ['up == 0', ['up', '==', '0']],
    ['Übertragung läuft nicht', ['ubertragung', 'lauft', 'nicht']],
    ['E\u0301chec du déploiement', ['echec', 'du', 'deploiement']],
    ['磁盘 已满', ['磁', '盘', '已', '满']],
    ['CPU使用率', ['cpu', '使', '用', '率']],
    ['podがダウン', ['pod', 'が', 'ダ', 'ウ', 'ン']],
    ['ＤＢ障害 ﾃﾞｨｽｸ', ['db', '障', '害', 'デ', 'ィ', 'ス', 'ク']],
    ['한국어 경보', ['한국어', '경보']],
    ['', []],
    ['\u0000<>\u2028 "', ['<', '>']],
  ])('%j gives %j', (text, words) => {
    expect(texts(text)).toEqual(words);
  });

  it('keeps the whole of a name that it split, so that CoreDNS is also coredns', () => {
    expect(splitWords('CoreDNS')[0]).toEqual({ text: 'core', joined: 'coredns' });
  });

  it('never gives more words than asked for', () => {
    expect(splitWords('a b c d e f', 3)).toHaveLength(3);
    expect(splitWords('AbCdEfGh', 3)).toHaveLength(3);
  });
});
