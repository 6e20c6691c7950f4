/** What the connection says of itself; pino's loggers fit. Messages are constant, what varies stands in the fields. */
export interface TransportLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}
