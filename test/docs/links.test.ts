import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../src/config/project.ts';

const pages = ['.', 'bench', 'docs', 'examples', 'migrations', 'schema', 'src', 'test'].flatMap(
  (folder) =>
    readdirSync(path.join(projectRoot, folder), { recursive: folder !== '.', encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => path.join(folder, name)),
);

it.each(pages)('%s: every link leads to a file, and to a heading that is there', (page) => {
  const broken = linksIn(page).filter((link) => !isThere(page, link));
  expect(broken).toEqual([]);
});

it('every folder of src has a README, and the pages of docs are listed in theirs', () => {
  const rooms = readdirSync(path.join(projectRoot, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `src/${name}/README.md`);
  expect(rooms.filter((readme) => !pages.includes(readme))).toEqual([]);
  const listed = new Set(linksIn('docs/README.md').map((link) => path.join('docs', link)));
  const written = pages.filter(
    (page) => path.dirname(page) === 'docs' && page !== 'docs/README.md',
  );
  expect(written.filter((page) => !listed.has(page))).toEqual([]);
});

/** Targets of links and pictures inside this repository, as they are written. */
function linksIn(page: string): string[] {
  return [...withoutCode(page).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

function isThere(page: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? page : path.join(path.dirname(page), decodeURI(file));
  if (!existsSync(path.join(projectRoot, target))) {
    return false;
  }
  return anchor === undefined || anchorsOf(target).includes(anchor);
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): string[] {
  return [...withoutCode(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function withoutCode(page: string): string {
  return readFileSync(path.join(projectRoot, page), 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
}
