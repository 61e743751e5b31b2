/** `https://beckon.example:443/path`, `http://127.0.0.1:8080` or `127.0.0.1:8080`. @throws TypeError where it is none */
export const addressOf = (text: string): URL => new URL(/^https?:\/\//.test(text) ? text : `http://${text}`);
