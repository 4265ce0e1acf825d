declare module 'swagger-ui-dist/swagger-ui-es-bundle.js' {
  interface Options {
    readonly domNode: HTMLElement;
    readonly url: string;
    readonly validatorUrl: string | null;
    readonly deepLinking: boolean;
  }
  export default function SwaggerUI(options: Options): unknown;
}
