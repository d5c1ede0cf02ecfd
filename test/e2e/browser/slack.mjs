// What a person does on Slack's page, by clicking only.
export class Slack {
  constructor(page) {
    this.frame = page.frameLocator('iframe[name=slack]');
  }

  // become switches the person one is.
  async become(name) {
    await this.frame.getByRole('button', { name: /^You are .* Switch person$/ }).click();
    await this.frame.getByRole('menuitem', { name }).click();
    await this.frame.getByRole('button', { name: `You are ${name}. Switch person` }).waitFor();
  }

  // hint puts a suggested sentence into the composer, and sends it.
  async hint(text) {
    await this.frame.getByRole('button', { name: text, exact: true }).click();
    await this.frame.getByRole('button', { name: 'Send' }).click();
  }

  // message is the newest message of the room that says something.
  message(text) {
    return this.frame.locator('.message').filter({ hasText: text }).last();
  }

  // press presses a button of the message that says something.
  async press(text, button) {
    await this.message(text).getByRole('button', { name: button, exact: true }).click();
  }

  // confirm says yes to the question a button asks first.
  async confirm() {
    await this.frame.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();
  }
}
