/** Tells a person how to get in, and what went wrong; `problem` is our own text, never the request's. */
export function loginPage(problem: string | null): string {
  return plainPage(`
    <h1>You are not logged in</h1>
    ${problem === null ? '' : `<p role="alert"><strong>${problem}</strong></p>`}
    <p>Open the address that nsentinel printed in the terminal where it was started, or keeps in its login file
    where it has no terminal. It ends with <code>/?token=…</code>, works once, and is then followed by the next one.</p>
    <p>If you have just done so, <a href="/">go to the dashboard</a>.</p>
    <form method="post" action="/login">
      <p><label>Or log in with a token that <code>nsentinel collector token create</code> made:
      <input type="password" name="token" autocomplete="off" required></label> <button>Log in</button></p>
    </form>
    <p>Programs send <code>Authorization: Bearer</code> with an API token.</p>`)
}

/** Tells that the dashboard's files are missing, while the API works. */
export const notBuiltPage: string = plainPage(`
    <h1>The dashboard is not built</h1>
    <p>Run <code>npm run build</code> and start nsentinel again. Agents and the API are not affected.</p>`)

function plainPage(body: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>nsentinel</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/assets/main.css">
  </head>
  <body>
    <main class="plain">${body}
    </main>
  </body>
</html>
`
}
