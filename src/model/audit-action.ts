/**
 * `refused`: a connection or what it sent; `enrolled`: an agent's identity was bound; `reset`: an operator let it go;
 * `token-created` and `token-revoked`: an operator changed who may ask; `logged-in` and `logged-out`: a browser; `login-failed`: a wrong token;
 * `commanded`: an operator asked a node for something; `forbidden`: somebody asked for what their role may not do.
 */
export type AuditAction =
  | 'refused'
  | 'enrolled'
  | 'reset'
  | 'token-created'
  | 'token-revoked'
  | 'logged-in'
  | 'logged-out'
  | 'login-failed'
  | 'commanded'
  | 'forbidden'
