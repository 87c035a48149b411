import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What is answered: JSON, or bytes as they are. */
export interface Answer {
  readonly status?: number;
  readonly body: object | Uint8Array | string;
}

/** Answers a call of the AWS API by its target (`GetTables`), or by its path where it has none. */
export type Answering = (call: string, body: string) => Answer;

/** An error as AWS answers it. */
export function refusal(type: string, message: string): Answer {
  return { status: 400, body: { __type: type, message } };
}

/** The same by CloudFormation, which speaks XML. */
export function xmlRefusal(code: string, message: string): Answer {
  const error = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status: 403, body: `<ErrorResponse>${error}</ErrorResponse>` };
}

/** An endpoint of AWS that answers what a test wants to see, which no service here would say. */
export class AnsweringEndpoint {
  answering: Answering = () => refusal('InternalFailure', 'nothing was asked for');

  private constructor(private readonly server: Server) {}

  static start(): Promise<AnsweringEndpoint> {
    return new Promise((done) => {
      const server = createServer((request, response) => {
        void textOf(request).then((body) => {
          const target = request.headers['x-amz-target'];
          const call = typeof target === 'string' ? (target.split('.').at(-1) ?? '') : (request.url ?? '');
          const { status = 200, body: answer } = endpoint.answering(call, body);
          const isRaw = typeof answer === 'string' || answer instanceof Uint8Array;
          response.writeHead(status, { 'content-type': isRaw ? 'text/xml' : 'application/x-amz-json-1.1' });
          response.end(isRaw ? answer : JSON.stringify(answer));
        });
      });
      const endpoint = new AnsweringEndpoint(server);
      server.listen(0, '127.0.0.1', () => done(endpoint));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) {
    text += String(part);
  }
  return text;
}
