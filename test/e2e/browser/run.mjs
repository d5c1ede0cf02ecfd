// A promotion and a rollback in the playground, by clicking only. Screenshots
// are kept in artefacts/; with UPDATE_PICTURE=1 one becomes the README's.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { artefacts, startBrowser, startPlayground } from './playground.mjs';
import { Slack } from './slack.mjs';

const picture = fileURLToPath(new URL('../../../docs/images/playground.png', import.meta.url));
let passed = 0;
let failed = 0;

// step runs one step, keeps what it left on the screen, and counts. After a
// step that failed the rest makes no sense.
async function step(page, name, act) {
  if (failed) return;
  try {
    await act();
    passed++;
    console.log(`ok    ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}\n${error.stack}`);
  }
  await page.screenshot({ path: join(artefacts, `${passed + failed}-${name.replace(/\W+/g, '-')}.png`) });
}

async function promotion(page, slack) {
  await step(page, 'the playground shows one change done and one that waits', async () => {
    await slack.message('cart 3.4.0 is healthy in staging').waitFor();
    await slack.message('waits for 2 of release-leads').waitFor();
  });
  await step(page, 'Ada asks by a hint', async () => {
    await slack.hint('/change promote search to prod because INC-4211');
    await slack.message('Promote search to prod').getByRole('button', { name: 'Approve' }).waitFor();
    await page.frameLocator('iframe[name=github]').getByText('Promote search to prod: 8.0.4 → 8.1.0').waitFor();
  });
  await step(page, 'Ruth approves', async () => {
    await slack.become('Ruth Kowalski');
    await slack.press('Promote search to prod', 'Approve');
    await slack.message('waits for 1 more of release-leads (so far Ruth Kowalski)').waitFor();
    if (process.env.UPDATE_PICTURE) await page.screenshot({ path: picture });
  });
  await step(page, 'Grace approves, and it becomes healthy', async () => {
    await slack.become('Grace Adeyemi');
    await slack.press('Promote search to prod', 'Approve');
    await slack.message('search 8.1.0 is healthy in prod').waitFor();
  });
}

async function rollback(page, slack) {
  await step(page, 'Nils rolls it back with a button', async () => {
    await slack.become('Nils Lund');
    await slack.press('search 8.1.0 is healthy in prod', 'Roll back to 8.0.4');
    await slack.confirm();
    await slack.message('Roll back search in prod').getByRole('button', { name: 'Approve' }).waitFor();
  });
  await step(page, 'Inês approves the way back, and it is healthy', async () => {
    await slack.become('Inês Carvalho');
    await slack.press('Roll back search in prod', 'Approve');
    await slack.message('search is back on 8.0.4 in prod and healthy').waitFor();
  });
  await step(page, 'GitHub shows both merged, Argo CD shows it healthy', async () => {
    const github = page.frameLocator('iframe[name=github]');
    await github.getByRole('link', { name: /closed/ }).click();
    await github.getByText('Promote search to prod: 8.0.4 → 8.1.0').waitFor();
    await github.getByText('Roll back search in prod: 8.1.0 → 8.0.4').waitFor();
    await page.getByRole('tab', { name: 'Argo CD' }).click();
    await page.frameLocator('iframe[name=argocd]').getByText('search-prod').first().waitFor();
  });
}

const playground = await startPlayground();
const browser = await startBrowser();
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
page.setDefaultTimeout(60_000);
try {
  await page.goto(playground.url);
  const slack = new Slack(page);
  await promotion(page, slack);
  await rollback(page, slack);
} finally {
  await browser.close();
  const code = await playground.stop();
  if (code !== 0) {
    failed++;
    console.log(`FAIL  the playground ended with ${code}`);
  }
}
if (process.env.UPDATE_PICTURE && !failed) console.log(`picture: ${picture}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
