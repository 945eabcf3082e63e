// Mounts the unchanged page, uses its filters, and writes what it shows into #result.
import { createRoot } from "react-dom/client";
import Page from "PAGE";

const root = document.getElementById("root");
const result = {};
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const button = (name) =>
  [...root.querySelectorAll("button")].find((one) => one.textContent.trim() === name);

async function read() {
  for (let turn = 0; turn < 100 && !root.textContent.includes("results"); turn++) await pause(100);
  await pause(500);
  result.all = root.textContent;
  for (const name of ["no rating", "up", "down"]) {
    button(name).click();
    await pause(300);
    result[name] = root.textContent;
    const first = root.querySelector(".group > button");
    if (first !== null) {
      first.click();
      await pause(300);
      result[`${name}, opened`] = root.textContent;
    }
  }
}

createRoot(root).render(<Page />);
read()
  .catch((error) => { result.error = String(error); })
  .then(() => { document.getElementById("result").textContent = JSON.stringify(result); });
